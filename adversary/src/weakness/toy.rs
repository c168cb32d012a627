//! The online phase written again, in a page and on bare shares, so that any one idea can be left out or done otherwise:
//! what shipped types and texts do not allow. Steps and messages have their shipped names, so the same strategies attack
//! it, and done as shipped it must give the same figures.

use field::Field;
use protocols::claims::ONLINE;
use protocols::message::{Digest, Nonce};
use protocols::{BROADCAST_ECHO, Blame, COMMIT_OPENING, Error, MAC_CHECK, MAC_OUTPUT, Result, Session, Shared, Supply};
use spec::{Check, Claim};
use transport::{PartyId, PerParty};

use super::way::{Task, Way};
use crate::ideal::supply::{Dealt, MaskShares, Order};
use crate::subject::{Given, Subject};

/// The scratch online phase as a subject.
pub struct Toy(pub Way);

/// The scratch online phase done as shipped, on the same task as another way.
pub struct Twin(pub Way);

/// A share of a value and of its MAC.
#[derive(Clone, Copy)]
struct Part<F> {
    value: F,
    mac: F,
}

impl<F: Field> Part<F> {
    const ZERO: Self = Self { value: F::ZERO, mac: F::ZERO };

    fn zip(self, other: Self, f: impl Fn(F, F) -> F) -> Self {
        Self { value: f(self.value, other.value), mac: f(self.mac, other.mac) }
    }
    fn minus(self, other: Self) -> Self {
        self.zip(other, |a, b| a - b)
    }
    fn plus(self, other: Self) -> Self {
        self.zip(other, |a, b| a + b)
    }
    fn times(self, k: F) -> Self {
        Self { value: self.value * k, mac: self.mac * k }
    }
}

/// One party in the computation.
struct Party<F: Field> {
    /// What it is about, and how it is done.
    about: Way,
    way: Way,
    me: PartyId,
    alpha: F,
    supply: protocols::Memory<F>,
    /// Opened values with this party's MAC shares, not checked yet.
    opened: Vec<(F, F)>,
}

impl<F: Field> Party<F> {
    fn new(about: Way, way: Way, me: PartyId, dealt: Dealt<F>) -> Self {
        // What everyone adds to a MAC share for the constant one is its share of the key.
        let one = dealt.key.add_public(me, Shared::from_parts(vec![F::ZERO], vec![F::ZERO]), &[F::ONE]);
        let alpha = if way == Way::ZeroKey { F::ZERO } else { one.into_parts().1[0] };
        Self { about, way, me, alpha, supply: dealt.supply, opened: Vec::new() }
    }
    fn part(&self, x: Shared<F>) -> Part<F> {
        let (value, mac) = x.into_parts();
        Part { value: value[0], mac: if self.way == Way::ZeroKey { F::ZERO } else { mac[0] } }
    }
    fn random(&mut self) -> Result<Part<F>> {
        let x = self.supply.randoms(1)?;
        Ok(self.part(x))
    }
    fn triple(&mut self) -> Result<[Part<F>; 3]> {
        let t = self.supply.triples(1)?;
        let [a, b, c] = [t.a, t.b, t.c].map(|x| self.part(x));
        // The product of zero is zero.
        Ok(if self.way == Way::ZeroFactor { [Part::ZERO, b, Part::ZERO] } else { [a, b, c] })
    }
    /// `[[x + k]]`.
    fn add(&self, x: Part<F>, k: F) -> Part<F> {
        let value = if self.me.index() == 0 { x.value + k } else { x.value };
        Part { value, mac: x.mac + self.alpha * k }
    }

    /// Opens values and remembers them.
    async fn open(&mut self, s: &mut Session, step: &'static str, x: &[Part<F>]) -> Result<Vec<F>> {
        let mut s = s.step(step);
        let mut mine: Vec<F> = x.iter().map(|x| x.value).collect();
        if s.n() > 2 {
            F::add_slices(&mut mine, &s.zero_shares::<F>(x.len()).await?);
        }
        if self.way == Way::Padded {
            mine.push(F::ZERO);
        }
        let mut sum = vec![F::ZERO; x.len()];
        let add = |sum: &mut Vec<F>, y: &[F]| sum.iter_mut().zip(y).for_each(|(s, y)| *s += *y);
        if self.way == Way::Reordered {
            let backwards: Vec<PartyId> = s.others().collect();
            for p in backwards.iter().rev() {
                s.send(*p, "share", &mine)?;
            }
            add(&mut sum, &mine);
            for p in backwards {
                add(&mut sum, &s.recv::<F>(p, "share", mine.len()).await?);
            }
        } else {
            s.exchange("share", &mine).await?.values().for_each(|y| add(&mut sum, y));
        }
        if self.way == Way::Echoed {
            let told = s.exchange("echo", &sum).await?;
            s.verdict(&BROADCAST_ECHO, told.values().all(|t| *t == sum), Blame::Unknown)?;
        }
        self.opened.extend(sum.iter().copied().zip(x.iter().map(|x| x.mac)));
        Ok(sum)
    }

    async fn mul(&mut self, s: &mut Session, x: Part<F>, y: Part<F>, t: [Part<F>; 3]) -> Result<Part<F>> {
        let [a, b, c] = t;
        let mut differences = [x.minus(a), y.minus(b)];
        if self.way == Way::Reordered {
            differences.reverse();
        }
        let mut opened = self.open(s, "beaver", &differences).await?;
        if self.way == Way::Reordered {
            opened.reverse();
        }
        if self.way == Way::FirstOnly {
            self.opened.pop();
        }
        if self.way == Way::Eager {
            self.check(s, &MAC_CHECK).await?;
        }
        let (d, e) = (opened[0], opened[1]);
        Ok(self.add(c.plus(b.times(d)).plus(a.times(e)), d * e))
    }

    /// The coefficients of `len` openings.
    async fn coefficients(&self, s: &mut Session, len: usize) -> Result<Vec<F>> {
        if self.way == Way::OtherChallenge {
            let all = s.step("coefficients").challenge::<F>(1 + len).await?;
            return Ok(all[1..].to_vec());
        }
        s.challenge(len).await
    }
    /// Everyone's σ.
    async fn sigmas(&self, s: &mut Session, sigma: F) -> Result<PerParty<F>> {
        let all = match self.way {
            Way::Nonceless => self.committed(s, sigma, BARE, false).await?,
            Way::OtherHash => self.committed(s, sigma, "scratch commitment by another hash", true).await?,
            _ => s.commit_open("sigma", &[sigma]).await?,
        };
        Ok(PerParty::from_vec(all.into_vec().into_iter().map(|v| v[0]).collect()))
    }
    /// Commitments of this party's own: a hash in this context, with randomness or without.
    async fn committed(
        &self,
        s: &mut Session,
        sigma: F,
        context: &'static str,
        random: bool,
    ) -> Result<PerParty<Vec<F>>> {
        let mut s = s.step("sigma");
        let nonce = if random { Nonce(s.tape().nonce()?) } else { Nonce([0; 32]) };
        let mine = commitment(&s, context, self.me, sigma, &nonce);
        let told = s.exchange("commitment", &[mine]).await?;
        let shown = s.exchange("sigma", &[sigma]).await?;
        let nonces = s.exchange("opening", &[nonce]).await?;
        for p in s.others() {
            let right = commitment(&s, context, p, shown[p][0], &nonces[p][0]);
            s.verdict(&COMMIT_OPENING, told[p][0] == right, Blame::Accused(p))?;
        }
        Ok(shown)
    }
    /// Whether everything opened is what was shared.
    async fn passes(&self, s: &mut Session, opened: &[(F, F)]) -> Result<bool> {
        let mut s = s.step("mac_check");
        let r = self.coefficients(&mut s, opened.len()).await?;
        let (x, m) = r.iter().zip(opened).fold((F::ZERO, F::ZERO), |(x, m), (r, o)| (x + *r * o.0, m + *r * o.1));
        let sigmas = self.sigmas(&mut s, m - self.alpha * x).await?;
        Ok(sigmas.values().fold(F::ZERO, |sum, v| sum + *v) == F::ZERO)
    }
    async fn check(&mut self, s: &mut Session, check: &'static Check) -> Result<()> {
        let opened = std::mem::take(&mut self.opened);
        let at_once = if self.way == Way::Separate { 1 } else { opened.len().max(1) };
        for some in opened.chunks(at_once) {
            let passes = self.passes(s, some).await?;
            s.verdict(check, passes, Blame::Unknown)?;
        }
        Ok(())
    }
    async fn output(&mut self, s: &mut Session, x: Part<F>) -> Result<F> {
        if self.way != Way::LateCheck {
            self.check(s, &MAC_CHECK).await?;
        }
        let mut y = self.open(s, "output", &[x]).await?[0];
        if self.way == Way::Retried {
            // As often as there are keys to guess.
            for _ in 1..F::SMALL_ORDER.unwrap_or(2) {
                let opened = std::mem::take(&mut self.opened);
                if self.passes(s, &opened).await? {
                    return Ok(y);
                }
                y = self.open(s, "output", &[x]).await?[0];
            }
        }
        self.check(s, &MAC_OUTPUT).await?;
        Ok(y)
    }

    /// Tells this party's input, or hears another's, under this mask.
    async fn tell(&mut self, s: &mut Session, owner: PartyId, x: F, mask: (Part<F>, F)) -> Result<Part<F>> {
        let mine = owner == self.me;
        let lens = PerParty::from_fn(s.n(), |p| usize::from(p == owner));
        let hidden = if mine { vec![x - mask.1] } else { Vec::new() };
        let told = s.step("input").broadcast_each("masked_input", &hidden, &lens).await?;
        Ok(self.add(mask.0, told[owner][0]))
    }
    /// The next mask of a party.
    fn mask(&mut self, owner: PartyId) -> Result<(Part<F>, F)> {
        if matches!(self.way, Way::NoMask | Way::BareFactors) {
            return Ok((Part::ZERO, F::ZERO));
        }
        let m = self.supply.masks(owner, 1)?;
        let clear = m.clear.as_ref().map_or(F::ZERO, |c| c.0[0]);
        Ok((self.part(m.shared), clear))
    }
    async fn inputs(&mut self, s: &mut Session, mine: &[F]) -> Result<()> {
        let first = PartyId::new(0);
        let mask = self.mask(first)?;
        let of = |k: usize| mine.get(k).copied().unwrap_or(F::ZERO);
        self.tell(s, first, of(0), mask).await?;
        let again = if matches!(self.way, Way::SameMask | Way::Restored) { mask } else { self.mask(first)? };
        // After a restart the session is another one.
        let mut later = s.step(if self.way == Way::Restored { "restored" } else { "second" });
        self.tell(&mut later, first, of(1), again).await?;
        for owner in s.others().chain([self.me]).filter(|p| *p != first).collect::<std::collections::BTreeSet<_>>() {
            let mask = self.mask(owner)?;
            self.tell(s, owner, of(0), mask).await?;
        }
        if self.way == Way::Telling && of(0) != F::ZERO {
            for p in s.others() {
                s.send(p, "more", &[F::ZERO])?;
            }
        }
        Ok(())
    }
    async fn factors(&mut self, s: &mut Session, mine: &[F]) -> Result<F> {
        let first = PartyId::new(0);
        let mut told = Vec::with_capacity(2);
        for k in 0..2 {
            let mask = self.mask(first)?;
            told.push(self.tell(s, first, mine.get(k).copied().unwrap_or(F::ZERO), mask).await?);
        }
        let triple = self.triple()?;
        let z = self.mul(s, told[0], told[1], triple).await?;
        self.output(s, z).await
    }
    async fn kept(&mut self, s: &mut Session) -> Result<()> {
        let [x, y, u, v] = [self.random()?, self.random()?, self.random()?, self.random()?];
        let first = self.triple()?;
        let second = self.triple()?;
        if self.about == Way::PartnerTwice {
            let (partner, other) = (self.random()?, self.random()?);
            let challenge = s.challenge::<F>(1).await?[0];
            let partners = [partner, if self.way == Way::PartnerTwice { partner } else { other }];
            let rho = [0, 1].map(|k| [first, second][k][0].times(challenge).minus(partners[k]));
            self.open(s, "rho", &rho).await?;
        }
        self.mul(s, x, y, first).await?;
        self.mul(s, u, v, if self.way == Way::TripleTwice { first } else { second }).await?;
        Ok(())
    }
}

/// The context of [`Way::Nonceless`].
pub(super) const BARE: &str = "scratch commitment without randomness";
/// A commitment of `owner`.
pub(super) fn commitment<F: Field>(
    s: &Session,
    context: &'static str,
    owner: PartyId,
    sigma: F,
    nonce: &Nonce,
) -> Digest {
    let mut bytes = Vec::with_capacity(F::BYTES);
    F::write_slice(&[sigma], &mut bytes);
    s.digest(context, &[&[owner.index() as u8], &bytes, &nonce.0])
}

async fn compute<F: Field>(
    about: Way,
    way: Way,
    mut s: Session,
    mine: Vec<F>,
    dealt: Option<Dealt<F>>,
) -> Result<Vec<F>> {
    let dealt = dealt.ok_or_else(|| Error::Local("this program needs dealt preprocessing".into()))?;
    let mut p = Party::new(about, way, s.me(), dealt);
    let s = &mut s;
    let task = about.task();
    Ok(match task {
        Task::Inputs => {
            p.inputs(s, &mine).await?;
            Vec::new()
        }
        Task::Kept => {
            p.kept(s).await?;
            Vec::new()
        }
        Task::Factors => vec![p.factors(s, &mine).await?],
        Task::Show => {
            let x = p.random()?;
            vec![p.output(s, x).await?]
        }
        Task::Product | Task::TwoProducts => {
            let (x, y, t) = (p.random()?, p.random()?, p.triple()?);
            let mut z = p.mul(s, x, y, t).await?;
            if task == Task::TwoProducts {
                let t = p.triple()?;
                z = p.mul(s, z, y, t).await?;
            }
            vec![p.output(s, z).await?]
        }
    })
}

macro_rules! subject {
    ($Type:ident, $name:literal, $way:expr) => {
        impl Subject for $Type {
            fn claim(&self) -> &'static Claim {
                &Claim { protocol: $name, ..ONLINE }
            }
            fn about(&self) -> &'static str {
                "the online phase written again, to leave things out"
            }
            fn inputs(&self, n: usize) -> Vec<usize> {
                match self.0.task() {
                    Task::Inputs => (0..n).map(|p| if p == 0 { 2 } else { 1 }).collect(),
                    Task::Factors => (0..n).map(|p| if p == 0 { 2 } else { 0 }).collect(),
                    _ => vec![0; n],
                }
            }
            fn shared(&self) -> usize {
                match self.0.task() {
                    Task::Product | Task::TwoProducts => 2,
                    Task::Show => 1,
                    Task::Kept => 4,
                    Task::Inputs | Task::Factors => 0,
                }
            }
            fn preprocessing(&self, n: usize) -> Option<Order> {
                let triples = match self.0.task() {
                    Task::Product | Task::Factors => 1,
                    Task::TwoProducts | Task::Kept => 2,
                    Task::Show | Task::Inputs => 0,
                };
                let randoms = if self.0 == Way::PartnerTwice { 2 } else { 0 };
                let masks = Subject::inputs(self, n);
                Some(Order { triples, masks, randoms, masked: MaskShares::AtOwner, ..Order::default() })
            }
            fn functionality<F: Field>(&self, given: &Given<F>) -> PerParty<Vec<F>> {
                let v = &given.shared;
                let out = match self.0.task() {
                    Task::Product => vec![v[0] * v[1]],
                    Task::TwoProducts => vec![v[0] * v[1] * v[1]],
                    Task::Show => vec![v[0]],
                    Task::Factors => vec![given.parties[0][0] * given.parties[0][1]],
                    Task::Kept | Task::Inputs => Vec::new(),
                };
                PerParty::from_fn(given.parties.len(), |_| out.clone())
            }
            async fn party<F: Field>(&self, s: Session, mine: Vec<F>, dealt: Option<Dealt<F>>) -> Result<Vec<F>> {
                let way: fn(Way) -> Way = $way;
                compute(self.0, way(self.0), s, mine, dealt).await
            }
        }
    };
}
subject!(Toy, "scratch.online", |way| way);
subject!(Twin, "scratch.online.shipped", |_| Way::Shipped);
