//! Attacks on inputs.

use field::{Field, Fr};
use protocols::{BROADCAST_ECHO, Session};
use transport::{PartyId, PartySet, PerParty};

use crate::attack::{Attack, Conditions, Control, Outcome};
use crate::oracle::judge;
use crate::run::classify;
use crate::strategy::{On, Script};

/// The attacks of this file.
pub const ALL: &[Attack] = &[Attack {
    id: "input.equivocate",
    title: "masked input told differently to different parties",
    does: "broadcasts its masked input to one honest party and another value to the other: they would go on with \
           different inputs",
    reference: "Goldwasser and Lindell, Journal of Cryptology 18 (2005)",
    layer: "04-broadcast",
    stopped_by: &BROADCAST_ECHO,
    control: Control::CheckOff,
    run: equivocate,
}];

/// What a party heard of the owner's masked input. (In a whole computation the MAC check is a second line: parties that
/// heard different values hold inconsistent MACs. Here the broadcast is on its own.)
async fn heard(mut s: Session) -> protocols::Result<Fr> {
    let owner = PartyId::new(2);
    let lens = PerParty::from_fn(s.n(), |p| usize::from(p == owner));
    let mine = vec![Fr::from_u64(1000); lens[s.me()]];
    Ok(s.broadcast_each("masked_input", &mine, &lens).await?[owner][0])
}

fn equivocate(a: &Attack, c: &Conditions) -> Outcome {
    let corrupt = PartySet::of(&[2]);
    let told = On::message("masked_input", "masked_input").with(PartyId::new(1));
    let mut script = Script::new(corrupt).adds::<Fr>(told, |_| Fr::ONE);
    let run = a.world(c, 3, corrupt).run(&c.tape(), &mut script, heard);
    Outcome::of(judge(&classify(run.ends), corrupt, |_, _| true, true), &script)
}
