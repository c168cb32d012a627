//! The strategy language: what is counted under it equals the formulas of `spec`, and strategies that make no sense are
//! told so or count for nothing.

use field::{F2, F31, Field};
use num_rational::BigRational;
use quorate_adversary::exact::Count;
use quorate_adversary::fields::FieldId;
use quorate_adversary::strategy::builder::{receives, sends};
use quorate_adversary::strategy::language::{Act, Copied, Items, Part, Replay, WhichSession};
use quorate_adversary::strategy::{Compiled, Strategy, StrategyError};
use quorate_adversary::target::{self, Scene};
use quorate_adversary::{Judgement, Win, World};
use spec::{Bound, Instance};

fn scene(name: &str, field: FieldId, strategy: &Strategy) -> Scene<'static> {
    Scene::new(target::find(name).unwrap(), field, World::new(strategy.parties, strategy.coalition()))
}

fn first() -> Items {
    Items::List(vec![0])
}

/// `x − a` opened off by one, by everyone.
fn shifted(id: &str) -> Strategy {
    Strategy::new(id, 2, &[1]).shifts("beaver", "share", first(), 0, "1").stopped_by("mac.check")
}

/// The probability that a strategy wins, over every coin.
fn counted(strategy: &Strategy, name: &str, field: FieldId) -> BigRational {
    let scene = scene(name, field, strategy).with_zero_shares();
    let plan = scene.compile(strategy).unwrap();
    Count::over(|tape| Ok(scene.once(&plan, tape, &[]).judgement.won())).unwrap().probability
}

/// The exact figures of the MAC check, by strategies as data.
#[test]
fn counted_escapes_equal_their_formulas() {
    let guess = shifted("guess").rule(sends("mac_check[0]/sigma", "commit").add("coin('mac_check[0]/coin', 0)"));
    let uniform = shifted("uniform")
        .with("guess", "uniform")
        .rule(sends("mac_check[0]/sigma", "commit").add("guess * dot(coin('mac_check[0]/coin'), [1, 0])"));
    for field in [FieldId::F2, FieldId::F3, FieldId::F5] {
        let bound = Bound::MacCheck.at(&Instance::field(field.order()));
        assert_eq!(counted(&shifted("shift"), "multiply", field), bound, "shift over {field}");
        assert_eq!(counted(&guess, "multiply", field), bound, "guess over {field}");
        if field != FieldId::F5 {
            assert_eq!(counted(&uniform, "multiply", field), bound, "uniform guess over {field}");
        }
    }
}
