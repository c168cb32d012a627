//! The best simulator, against protocols given as formulas: the exact figures that the instrument must reproduce.

mod changes;
mod model;

use model::{GUESS, PASSIVE, SHIFT, Shift, Variant, dealt, owned, withheld};
use quorate_adversary::simulator::{Abort, Best, Certificate, Functionality, Problem, Runs, TableError, WORK, best};

/// The certificate of the best simulator, checked.
fn certified(problem: &Problem) -> Certificate {
    let Best::Exact(certificate) = best(problem, WORK) else { panic!("not proved") };
    assert_eq!(certificate.verify(problem), Ok(()));
    certificate
}

fn figure(problem: Result<Problem, TableError>) -> Result<String, TableError> {
    Ok(certified(&problem?).value.to_string())
}

#[test]
fn a_multiplication_and_its_broken_variants_have_their_exact_figures() -> Result<(), TableError> {
    let expected: [(Variant, Shift, [&str; 2]); 9] = [
        (Variant::Full, PASSIVE, ["0/1", "0/1"]),
        // (2p − 1)/p², whatever key is guessed.
        (Variant::Full, SHIFT, ["3/4", "5/9"]),
        (Variant::Full, GUESS, ["3/4", "5/9"]),
        (Variant::Delayed, PASSIVE, ["0/1", "0/1"]),
        // 1 − 1/p, except over two elements, where it does not show.
        (Variant::Delayed, SHIFT, ["3/4", "2/3"]),
        (Variant::NoCheck, PASSIVE, ["0/1", "0/1"]),
        (Variant::NoCheck, SHIFT, ["1/1", "1/1"]),
        // 1 − 1/(2p − 1): the coalition sees both factors, 2p − 1 pairs of which have product zero.
        (Variant::NoMask, PASSIVE, ["2/3", "4/5"]),
        (Variant::ZeroTriple, PASSIVE, ["1/2", "2/3"]),
    ];
    for (variant, shift, figures) in expected {
        for (p, expected) in [2, 3].into_iter().zip(figures) {
            assert_eq!(figure(dealt(p, variant, shift))?, expected, "{variant:?} {shift:?} p = {p}");
        }
    }
    Ok(())
}

#[test]
fn over_five_elements_a_check_in_time_gets_better_and_a_late_one_worse() -> Result<(), TableError> {
    assert_eq!(figure(dealt(5, Variant::Full, SHIFT))?, "9/25");
    assert_eq!(figure(dealt(5, Variant::Delayed, SHIFT))?, "4/5");
    Ok(())
}

#[test]
fn a_corrupt_owner_that_shifts_its_own_value_has_only_replaced_its_input() -> Result<(), TableError> {
    for (p, all, escapes) in [(2, &[0, 1][..], "3/4"), (3, &[0, 1, 2], "5/9")] {
        for shift in [PASSIVE, SHIFT, GUESS] {
            assert_eq!(figure(owned(p, shift, all))?, "0/1", "{shift:?} p = {p}");
        }
        // A simulator that must not replace it cannot explain that the shifted value was accepted.
        assert_eq!(figure(owned(p, SHIFT, &[1]))?, escapes, "p = {p}");
        assert_eq!(figure(owned(p, PASSIVE, &[1]))?, "0/1", "p = {p}");
    }
    Ok(())
}

#[test]
fn a_message_withheld_from_one_honest_party_is_a_selective_abort_and_no_unanimous_one() -> Result<(), TableError> {
    for (sent, unanimous) in [(0, "1/1"), (1, "2/3"), (3, "0/1")] {
        assert_eq!(figure(withheld(sent, Abort::Selective))?, "0/1");
        assert_eq!(figure(withheld(sent, Abort::Unanimous))?, unanimous);
    }
    Ok(())
}

/// A coin for the honest party, which ends with each of `outputs` equally often (`None`: it aborts). If the coalition is
/// `told` the coin, it sees it in the protocol too.
fn toss(told: bool, outputs: &[Option<u8>]) -> Result<Problem, TableError> {
    let mut runs = Runs::new(1, 1);
    for coin in outputs {
        let view = vec![u8::from(told && *coin == Some(1))];
        runs.add(0, view, vec![coin.map(|c| vec![c])], outputs.len() as u128)?;
    }
    let side = |coin: u8| ((vec![u8::from(told) * coin], vec![vec![coin]]), 5);
    let coin = Functionality::randomised(1, 1, |_, _| vec![side(0), side(1)])?;
    Problem::new(runs.finish()?, coin, Abort::Selective)
}

#[test]
fn a_functionality_may_have_coins() -> Result<(), TableError> {
    for told in [true, false] {
        assert_eq!(figure(toss(told, &[Some(0), Some(1)]))?, "0/1");
        assert_eq!(figure(toss(told, &[Some(0), Some(0), Some(0), Some(1)]))?, "1/4");
        assert_eq!(figure(toss(told, &[Some(0)]))?, "1/2");
        assert_eq!(figure(toss(told, &[None]))?, "0/1");
    }
    // Giving up on one side is an abort if the coalition sees the coin, and a bias if it does not.
    assert_eq!(figure(toss(true, &[None, Some(1)]))?, "0/1");
    assert_eq!(figure(toss(false, &[None, Some(1)]))?, "1/4");
    Ok(())
}

#[test]
fn a_simulator_sends_its_input_before_it_is_told_anything() -> Result<(), TableError> {
    // The honest party's bit is shown to the coalition, and its output is zero. The functionality adds the coalition's bit:
    // a simulator that knew the honest bit could cancel it.
    let mut runs = Runs::new(2, 1);
    for bit in 0..2 {
        runs.add(bit, vec![bit as u8], vec![Some(vec![0])], 1)?;
    }
    let sum = Functionality::deterministic(2, 2, |x, y| (vec![(x ^ y) as u8], vec![vec![(x ^ y) as u8]]))?;
    assert_eq!(figure(Problem::new(runs.finish()?, sum, Abort::Selective))?, "1/2");
    Ok(())
}

#[test]
fn nothing_is_said_that_was_not_proved_in_time() -> Result<(), TableError> {
    let problem = dealt(3, Variant::Full, SHIFT)?;
    assert_eq!(best(&problem, 100), Best::Inconclusive);
    Ok(())
}
