//! The rounds that a party counts from its own frames, against the simulator, which sees every frame of everybody.

use std::rc::Rc;
use std::task::{Context, Poll};

use adversary::ideal::supply::{CorruptShares, Dealer, Order};
use field::{F128, Field};
use protocols::ot::SoftSpoken;
use protocols::{Error, Mascot, Online, Real, Result, Session, SessionId, Tape};
use transport::sim::{self, Clock, End, Limits, NoTrusted, Passive, Setup};
use transport::{Frame, Incoming, Meter, Net, NetError, Parties, PartyId, PartySet, Stream};

/// A party's network with a meter, as a real one has.
struct Metered(Rc<dyn Net>, Rc<Meter>);

impl Net for Metered {
    fn me(&self) -> PartyId {
        self.0.me()
    }
    fn parties(&self) -> &Parties {
        self.0.parties()
    }
    fn send(&self, to: PartyId, stream: Stream, frame: Frame) -> std::result::Result<(), NetError> {
        self.0.send(to, stream, frame)
    }
    fn poll_recv(
        &self,
        cx: &mut Context<'_>,
        from: PartyId,
        stream: Stream,
    ) -> Poll<std::result::Result<Incoming, NetError>> {
        self.0.poll_recv(cx, from, stream)
    }
    fn abort(&self) {
        self.0.abort();
    }
    fn traffic(&self) -> Option<&Meter> {
        Some(&self.1)
    }
}

/// Runs a program on real foundations, their setup included: the simulator's rounds, and those of every party.
fn rounds<P>(n: usize, program: impl Fn(Session) -> P) -> (u64, Vec<u64>)
where
    P: Future<Output = Result<()>> + 'static,
{
    let parties = Rc::new(Parties::anonymous(n));
    let mut meters = Vec::new();
    let program = &program;
    let setup = Setup {
        parties,
        corrupt: PartySet::EMPTY,
        adversary: &mut Passive,
        trusted: &mut NoTrusted,
        clock: Clock::NONE,
        trace: false,
        limits: Limits::NONE,
    };
    let run = sim::run(setup, |net| {
        let meter = Rc::new(Meter::default());
        meters.push(meter.clone());
        let tape = Tape::seeded([net.me().index() as u8; 32]);
        let net: Rc<dyn Net> = Rc::new(Metered(net, meter));
        Box::pin(async move {
            let id = SessionId([4; 32]);
            let mut boot = Session::new(net.clone(), id, Rc::new(Real::bootstrap()), tape.clone());
            let real = Real::setup(&mut boot).await?;
            program(Session::new(net, id, Rc::new(real), tape)).await
        })
    });
    assert!(run.ends.iter().all(|e| *e == End::Done(Ok(()))), "{:?}", run.ends);
    (u64::from(run.rounds), meters.iter().map(|m| m.total().rounds).collect())
}

/// What the simulator counts, and so must the parties: one who only listened may have seen less, nobody more.
fn exact<P>(what: &str, n: usize, program: impl Fn(Session) -> P) -> u64
where
    P: Future<Output = Result<()>> + 'static,
{
    let (all, each) = rounds(n, program);
    assert_eq!(each.iter().max(), Some(&all), "{what} of {n}: {each:?}");
    all
}

/// One operation of the online phase on dealt preprocessing of `len` values.
async fn online(mut s: Session, what: &str, len: usize) -> Result<()> {
    let few = len.min(4);
    let order = Order { triples: few, masks: vec![few; s.n()], randoms: len, ..Order::default() };
    let tape = Tape::seeded([9; 32]);
    let hands = Dealer::<F128>::deal(s.parties(), PartySet::EMPTY, CorruptShares::Uniform, &tape, &order)?;
    let mut mine = hands.into_iter().nth(s.me().index()).ok_or(Error::Dead)?;
    let mut o = Online::new(&mut s, &mut mine.key, &mut mine.supply);
    let x = o.random(len)?;
    let p1 = PartyId::new(1);
    match what {
        "input" => {
            let own = vec![F128::ONE; len];
            let x = o.input(p1, (o.me() == p1).then_some(&own[..]), len).await?;
            drop(o.mul(&x, &x).await?);
        }
        "multiplication" => drop(o.mul(&x, &x).await?),
        "output to one" => drop(o.output_to(p1, &x).await?),
        _ => drop(o.output(&x).await?),
    }
    Ok(())
}

#[test]
fn the_parties_count_what_the_simulator_counts() {
    for n in [2, 3] {
        // The setup of the foundations is one round.
        let coin = exact("coin", n, |mut s| async move { s.challenge::<F128>(3).await.map(drop) });
        assert_eq!(coin, 1 + 2);
        let lens = transport::PerParty::from_fn(n, |p| p.index());
        let broadcast = exact("broadcast", n, move |mut s| {
            let lens = lens.clone();
            async move {
                let mine = vec![F128::ONE; s.me().index()];
                s.broadcast_each("word", &mine, &lens).await.map(drop)
            }
        });
        assert_eq!(broadcast, 1 + if n == 2 { 1 } else { 2 });
        for (what, expected) in [("multiplication", 1), ("output", 5), ("output to one", 5)] {
            assert_eq!(exact(what, n, move |s| online(s, what, 4)), 1 + expected, "{what} of {n}");
        }
        exact("input", n, |s| online(s, "input", 4));
        exact("MASCOT", n, |mut s| async move {
            let mut mascot = Mascot::<F128, SoftSpoken>::setup(&mut s).await?;
            drop(mascot.triples(&mut s, 2).await?);
            mascot.triples(&mut s, 2).await.map(drop)
        });
    }
}

#[test]
fn two_branches_are_not_two_rounds() {
    let exchange = async |mut s: Session, times| {
        for _ in 0..times {
            s.exchange("word", &[F128::ONE]).await?;
        }
        Ok(())
    };
    let (_, each) = rounds(3, move |mut s| async move {
        s.fork(["a", "b"], async |s| exchange(s, 3).await, async |s| exchange(s, 5).await).await?;
        s.exchange("word", &[F128::ONE]).await.map(drop)
    });
    assert_eq!(each, [1 + 5 + 1; 3]);
}

#[test]
fn the_window_of_a_large_message_is_no_round() {
    for n in [2, 3] {
        // One chunk, and more than a window of them.
        let [small, large] = [4, 400_000].map(|len| rounds(n, move |s| online(s, "output", len)));
        assert_eq!(small.1, large.1, "output of {n}");
        assert!(large.0 > small.0, "the simulator counts frames: this must have been chunked");
    }
}
