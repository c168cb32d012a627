//! The strategy language: what is counted under it equals the formulas of `spec`, strategies that make no sense are told
//! so or count for nothing, and none of them panics.

use num_rational::BigRational;
use protocols::TRIPLE_SACRIFICE;
use quorate_adversary::attack::tape;
use quorate_adversary::computation::{self, Scene};
use quorate_adversary::exact::Count;
use quorate_adversary::fields::FieldId;
use quorate_adversary::strategy::builder::{receives, sends};
use quorate_adversary::strategy::language::{Act, Copied, Draw, Items, Part, Replay, Rule, WhichSession};
use quorate_adversary::strategy::{Compiled, Stage, Strategy, random, shrink};
use quorate_adversary::subjects::{Multiply, Product};
use quorate_adversary::{DynSubject, Explained, Given, Judgement, Outcome, Win, World};
use spec::{Bound, Instance};
use transport::PartySet;

fn scene(name: &str, field: FieldId, strategy: &Strategy) -> Scene<'static> {
    Scene::new(computation::find(name).unwrap(), field, World::new(strategy.parties, strategy.coalition()))
}

/// One run over the large field on real foundations.
fn played(name: &str, strategy: &Strategy) -> Outcome {
    let mut scene = scene(name, FieldId::Fr, strategy);
    scene.at.world = scene.at.world.real();
    let plan = scene.compile(strategy).unwrap();
    scene.play(&plan, 3)
}

fn first() -> Items {
    Items::List(vec![0])
}

/// `x − a` opened off by one, by everyone.
fn shifted(id: &str) -> Strategy {
    Strategy::new(id, 2, &[1]).shifts("beaver", "share", first(), 0, "1").stopped_by("mac.check")
}

fn one(rule: Rule) -> Strategy {
    Strategy::new("one", 2, &[1]).rule(rule).stopped_by("mac.check")
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
    let guess = shifted("guess").rule(sends("mac_check[0]/sigma", "commit").adds("coin('mac_check[0]/coin', 0)"));
    let uniform = shifted("uniform")
        .with("guess", "uniform")
        .rule(sends("mac_check[0]/sigma", "commit").adds("guess * dot(coin('mac_check[0]/coin'), [1, 0])"));
    for field in [FieldId::F2, FieldId::F3, FieldId::F5] {
        let bound = Bound::MacCheck.at(&Instance::field(field.order()));
        assert_eq!(counted(&shifted("shift"), "multiply", field), bound, "shift over {field}");
        assert_eq!(counted(&guess, "multiply", field), bound, "guess over {field}");
        if field != FieldId::F5 {
            assert_eq!(counted(&uniform, "multiply", field), bound, "uniform guess over {field}");
        }
    }
}

/// A coalition that speaks before it hears cannot choose the result; one that rushes can, where nothing checks it.
#[test]
fn only_who_rushes_has_heard_the_others() {
    let forge = Strategy::new("forge", 2, &[1])
        .rule(sends("output", "share").sets("-total('output', 'share', item)"))
        .stopped_by("mac.output");
    assert!(played("multiply", &forge).effective);
    let blind = played("multiply", &forge.clone().not_rushing());
    assert_eq!((blind.judgement, blind.effective), (Judgement::Right, false));
    // What was said in rounds before is known to both.
    let late = one(sends("output", "share").sets("seen('beaver', 'share', 0)"));
    assert!(played("multiply", &late.not_rushing()).effective);
}

#[test]
fn two_rules_that_undo_each_other_are_vacuous() {
    let add = |by| sends("beaver", "share").item(0).adds(by);
    let cancel = Strategy::new("cancel", 2, &[1]).rule(add("3")).rule(add("-3")).stopped_by("mac.check");
    let outcome = played("multiply", &cancel);
    assert_eq!((outcome.judgement, outcome.effective), (Judgement::Right, false));
    // A third one that does something does not make up for them.
    let hidden = cancel.clone().rule(sends("beaver", "share").item(1).adds("1"));
    let outcome = played("multiply", &hidden);
    assert!(outcome.judgement.check().is_some() && !outcome.effective);
    // Nor if it is about the same item.
    let hidden = cancel.clone().rule(add("1"));
    let outcome = played("multiply", &hidden);
    assert!(outcome.judgement.check().is_some() && !outcome.effective);
    let all = |rules: &[Rule]| rules.iter().cloned().fold(Strategy::new("all", 2, &[1]), Strategy::rule);
    let effective = |rules: &[Rule]| played("multiply", &all(rules).stopped_by("mac.check")).effective;
    let set = |to| sends("beaver", "share").item(0).sets(to);
    assert!(effective(&[add("1"), add("2")]) && effective(&[add("1"), add("2"), add("4")]));
    assert!(!effective(&[set("4"), set("5")]) && !effective(&[set("5"), set("5")]), "the first is needless");
    assert!(effective(&[add("1"), sends("beaver", "share").item(1).adds("1")]));
    // Of rules about the same items at most eight are told apart.
    assert!(!effective(&[(); 9].map(|()| add("1"))));
    let silent = || sends("beaver", "share").act(Act::Silent);
    assert!(effective(&[silent()]) && !effective(&[silent(), silent()]));
    // Inside one rule it is the same.
    assert!(!played("multiply", &one(sends("beaver", "share").adds("1").adds("-1"))).effective);
    assert!(!played("multiply", &one(sends("beaver", "share").multiplies("1"))).effective);
    assert!(!played("multiply", &one(sends("beaver", "share").nth(7).adds("1"))).effective);
    assert!(!played("multiply", &Strategy::new("nothing", 2, &[1]).harmless("it does nothing")).effective);
}

#[test]
fn what_reaches_nobody_changes_nothing() {
    // The first check stops the run; puppets go on talking to parties that have ended.
    let dead = shifted("dead").rule(sends("output", "share").adds("1"));
    let outcome = played("multiply", &dead);
    assert_eq!(outcome.judgement.check().map(|c| c.id), Some("mac.check"));
    assert!(!outcome.effective);
    // What is changed and then dropped has not been changed.
    let gone = one(sends("beaver", "share").adds("1")).rule(sends("beaver", "share").act(Act::Drop));
    let outcome = played("multiply", &gone);
    assert_eq!((outcome.judgement.check().map(|c| c.id), outcome.effective), (Some("frame.shape"), false));
    assert!(played("multiply", &one(sends("beaver", "share").act(Act::Drop))).effective);
}

#[test]
fn every_act_on_frames_does_what_it_says() {
    let outcome = |act: Act| played("multiply", &one(sends("beaver", "share").to(0).act(act)));
    let stopped = |act: Act| outcome(act).judgement.check().map(|c| c.id);
    for act in [
        Act::Truncate(1),
        Act::Extend(3),
        Act::Length(1),
        Act::Length(-1),
        Act::Empty,
        Act::DuplicateItem(1),
        Act::NotCanonical,
        Act::Retag,
        Act::Duplicate,
        // The next message stands where it was due.
        Act::Drop,
        Act::Replay(Replay { session: WhichSession::Older, ..Replay::default() }),
    ] {
        assert_eq!(stopped(act.clone()), Some("frame.shape"), "{act:?}");
    }
    for act in [
        Act::Negate,
        Act::Zero,
        Act::Random,
        Act::Swap([0, 1]),
        Act::Permute(vec![1]),
        Act::Copy(Copied::default()),
        Act::Set("item + n".into()),
        Act::Multiply("value^2 / 3".into()),
        Act::Replay(Replay { session: WhichSession::Older, part: Part::Content, ..Replay::default() }),
    ] {
        assert_eq!(stopped(act.clone()), Some("mac.check"), "{act:?}");
    }
    // In the first message of all a second beginning is like the first.
    let again = |step: &str, message: &str| one(sends(step, message).act(Act::Restart));
    let late = played("multiply", &again("output", "share"));
    assert!(late.effective && late.judgement.check().map(|c| c.id) == Some("frame.shape"), "{:?}", late.judgement);
    let early = played("multiply", &again("beaver", "share"));
    assert_eq!((early.judgement, early.effective), (Judgement::Right, false));
    for act in [Act::Silent, Act::Abort] {
        assert_eq!(outcome(act.clone()).judgement, Judgement::GaveUp, "{act:?}");
    }
    let puppet = one(receives("beaver", "share").act(Act::Silent));
    assert_eq!(played("multiply", &puppet).judgement, Judgement::GaveUp);
    let elsewhere = Strategy::new("elsewhere", 3, &[2]).rule(sends("beaver", "share").to(0).act(Act::Redirect(1)));
    let outcome = played("multiply", &elsewhere.stopped_by("frame.shape"));
    assert!(outcome.effective && outcome.judgement.check().is_some());
}

#[test]
fn coins_and_inputs_count_only_if_something_changes() {
    let other = |v: u64| Strategy::new("other", 2, &[1]).puts_in(1, &[v]).harmless("an input is an input");
    let outcome = played("product", &other(9));
    assert_eq!((outcome.judgement, outcome.effective), (Judgement::Right, true));
    let same = played("product", &other(5));
    assert_eq!((same.judgement, same.effective), (Judgement::Right, false), "it puts in 5 anyway");
    let coins = |draw| Strategy::new("coins", 2, &[1]).draws(1, draw, 0).harmless("one honest seed is enough");
    assert!(played("coin", &coins(0)).effective);
    assert!(!played("coin", &coins(999)).effective, "there is no such draw");
}

/// A sender of base transfers draws until its key is not zero: a puppet that draws zeros gets one in the end, and is
/// stopped for the points that it made of them.
#[test]
fn constant_coins_hang_no_puppet() {
    let mut zeros = Strategy::new("zeros", 2, &[1]).stopped_by("base_ot.point");
    zeros.tape.push(Draw { party: 1, draw: None, value: 0 });
    let mut scene = scene("base_ot", FieldId::F128, &zeros);
    scene.at.world = scene.at.world.real();
    let outcome = scene.play(&scene.compile(&zeros).unwrap(), 3);
    assert_eq!((outcome.judgement.check().map(|c| c.id), outcome.effective), (Some("base_ot.point"), true));
}

/// An older session has the messages of this one, heard and said.
#[test]
fn what_is_replayed_of_an_older_session_has_the_names_of_this_one() {
    let older = |from| {
        let (session, part) = (WhichSession::Older, Part::Content);
        Replay { session, part, step: "beaver".into(), message: "share".into(), from }
    };
    for rule in [sends("beaver", "share"), receives("beaver", "share")] {
        for from in [None, Some(0), Some(1)] {
            let outcome = played("multiply", &one(rule.clone().replays(older(from))));
            assert!(outcome.effective && outcome.judgement.check().is_some(), "{from:?}: {outcome:?}");
        }
    }
}

/// What the combination of three raw factors is for: who lies about one transfer survives half of the time.
#[test]
fn a_lie_about_one_bit_survives_half_of_the_time() {
    let lie =
        Strategy::new("lie", 2, &[1]).rule(sends("multiply", "d").item(0).adds("1")).stopped_by("triple.sacrifice");
    let mut scene = scene("triple", FieldId::F128, &lie);
    scene.at.world = scene.at.world.real();
    let plan = scene.compile(&lie).unwrap();
    let outcomes: Vec<_> = (0..32).map(|seed| scene.play(&plan, seed)).collect();
    let survived = outcomes.iter().filter(|o| o.judgement == Judgement::Right).count();
    assert!((6..=26).contains(&survived), "{survived} of 32");
    let fine = |o: &Outcome| o.judgement == Judgement::Right || o.judgement.check() == Some(&TRIPLE_SACRIFICE);
    assert!(outcomes.iter().all(|o| o.effective && fine(o)));
}

/// A winning strategy with much around it shrinks to the lie that wins, and what is left wins with the same seed.
#[test]
fn a_winning_strategy_shrinks_to_what_wins() {
    let wins = |s: &Strategy, seed| {
        let mut scene = scene("multiply", FieldId::F31, s);
        scene.at.world = scene.at.world.without(Some(&protocols::MAC_CHECK));
        scene
            .compile(s)
            .is_ok_and(|plan| matches!(scene.play(&plan, seed).judgement, Judgement::Won(Win::WrongOutput(_))))
    };
    let large = shifted("large")
        .with("guess", "uniform")
        .rule(sends("mac_check[0]/sigma", "commit").adds("guess * coin('mac_check[0]/coin', 0) + 4"))
        .rule(sends("beaver", "share").item(1).multiplies("1").adds("0 * item"));
    assert!(wins(&large, 5));
    let small = shrink(&large, 400, |s| wins(s, 5));
    assert!(wins(&small, 5));
    assert!(small.lets.is_empty() && small.rules.len() <= 2, "{}", small.to_json());
    let text = small.to_json();
    assert_eq!(Strategy::from_json(&text), Ok(small));
}

/// A strategy on a subject, judged by its functionality.
fn explained<'a>(subject: &'a dyn DynSubject, strategy: &Strategy, given: Given<u64>) -> Explained<'a> {
    let world = World::new(strategy.parties, strategy.coalition()).real();
    Explained::new(subject, FieldId::F31, &world, given).unwrap()
}

#[test]
fn on_subjects_strategies_do_the_same() {
    let shared = || Given { parties: vec![vec![], vec![]], shared: vec![6, 7] };
    let on = |strategy: &Strategy| {
        let stage = explained(&Multiply, strategy, shared());
        let plan = stage.compile(strategy).unwrap();
        stage.play(&plan, 3)
    };
    let stopped = on(&shifted("shift"));
    assert_eq!((stopped.judgement.check().map(|c| c.id), stopped.effective), (Some("mac.check"), true));
    assert!(!on(&one(sends("beaver", "share").multiplies("1"))).effective);
    // Frames of a session with another id are refused as such, and their content is stale.
    let older = |part| Replay { session: WhichSession::Older, part, ..Replay::default() };
    let replayed = |part| on(&one(sends("beaver", "share").replays(older(part)))).judgement.check().map(|c| c.id);
    assert_eq!([Part::Frame, Part::Content].map(replayed), [Some("frame.shape"), Some("mac.check")]);
    // What the foundations draw is drawn from the loaded tape as well.
    let coins = |draw| Strategy::new("coins", 2, &[1]).draws(1, draw, 0).harmless("one honest seed is enough");
    assert!(on(&coins(0)).effective);
    assert!(!on(&coins(9999)).effective, "there is no such draw");
}

#[test]
fn a_coalition_of_a_subject_puts_in_what_it_likes() {
    let given = Given { parties: vec![vec![3], vec![5]], shared: vec![] };
    let other = |v: u64| Strategy::new("other", 2, &[1]).puts_in(1, &[v]).harmless("an input is an input");
    let on = |v: u64| {
        let stage = explained(&Product, &other(v), given.clone());
        let plan = stage.compile(&other(v)).unwrap();
        stage.play(&plan, 3)
    };
    assert_eq!((on(9).judgement, on(9).effective), (Judgement::Right, true));
    assert!(!on(5).effective, "it puts in 5 anyway");
    let error = |s: &Strategy| {
        let stage = explained(&Product, s, given.clone());
        stage.compile(s).map(|_| ()).unwrap_err().to_string()
    };
    let two = Strategy::new("two", 2, &[1]).puts_in(1, &[1, 2]).harmless("no");
    assert!(error(&two).contains("party 1 puts 1 values into `online.product`"));
    let unknown = one(sends("beaver", "share").adds("1")).stopped_by("mac.chek");
    assert!(error(&unknown).contains("did you mean `mac.check`"));
}

#[test]
fn strategies_drawn_at_random_make_sense_mostly() {
    let world = World::new(3, PartySet::of(&[1, 2]));
    let scene = Scene::new(computation::find("multiply").unwrap(), FieldId::F31, world);
    let surface = scene.surface();
    let tape = tape(9);
    let drawn: Vec<_> = (0..200).map(|k| random(&surface, &format!("s{k}"), &tape)).collect();
    assert!(drawn.iter().all(|s| s.validate().is_ok() && (1..=6).contains(&s.rules.len())));
    let fine = drawn.iter().filter(|s| Compiled::new(s, &surface).is_ok()).count();
    assert!((60..200).contains(&fine), "{fine} of 200");
    assert!(drawn.iter().any(|s| s.rules.len() > 1) && drawn[0] != drawn[1]);
}
