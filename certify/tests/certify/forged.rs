//! What is said of certificates that were forged with care, the counts and the log in agreement: never that they pass.

use adversary::fields::FieldId;
use quorate_certify::certificate::store::{self, Stored};
use quorate_certify::certificate::{Certificate, Log, derive::Derived};
use quorate_certify::evidence::Evidence;
use quorate_certify::log::{self, Found, Unit};
use quorate_certify::plan::recount;
use quorate_certify::watchdog::Patience;

use crate::tampering::{changed, error, made, verified};

/// The certificate with the log and everything that is counted from it as a forger would like them.
pub(crate) fn forged(change: impl FnOnce(&mut Vec<log::Entry>)) -> Stored {
    let mut entries = made().stored.log.clone().unwrap();
    change(&mut entries);
    let lines = log::lines(&entries).unwrap();
    let forge = |c: &mut Certificate| {
        c.measured.log = Log { lines: lines.len() as u64, root: log::root(&lines) };
        // What cannot be counted is left as it was.
        if let Ok(rows) = recount(&c.measured.rows, &entries) {
            c.measured.rows = rows;
        }
        c.derived = Derived::from(&c.measured).unwrap();
    };
    let stored = changed(forge, true);
    Stored { log: Some(entries), ..stored }
}

#[test]
fn a_figure_without_a_proof_is_refused() {
    let simulated = |entries: &mut Vec<log::Entry>| {
        let found = |e: &log::Entry| matches!(e.unit, Unit::Simulator { .. });
        entries.iter().position(found).unwrap()
    };
    assert!(verified(&forged(|_| ()), None).is_ok());
    let other = |entries: &mut Vec<log::Entry>| {
        let at = simulated(entries);
        let Found::Simulated { proof: Some(proof), .. } = &mut entries[at].found else { panic!("nothing is proved") };
        assert_eq!(proof.certificate.value.to_string(), "0/1");
        proof.certificate.value = "1/1000".parse().unwrap();
    };
    assert!(error(&forged(other), None).contains("its simulator is at distance 0"));
    let missing = |entries: &mut Vec<log::Entry>| {
        let at = simulated(entries);
        entries.remove(at);
    };
    assert!(error(&forged(missing), None).contains("were planned"));
    // Without its proof a figure is none, and nothing rests on it.
    let unproved = |entries: &mut Vec<log::Entry>| {
        for e in entries.iter_mut() {
            if let Found::Simulated { proof, .. } = &mut e.found {
                *proof = None;
            }
        }
    };
    // Unless it was run again, and found to have one.
    assert!(!verified(&forged(unproved), None).is_ok_and(|found| found.derived.to_string() == "pass"));
    let smaller = |c: &mut Certificate| {
        for row in &mut c.measured.rows {
            if let Evidence::Simulator(r) = row {
                r.points.iter_mut().for_each(|p| p.distance = Some("1/2".into()));
            }
        }
        c.derived = Derived::from(&c.measured).unwrap();
    };
    error(&changed(smaller, true), None);
}

/// Whoever reads a number of a million digits, or adds up thousands of fractions, is busy for very long.
#[test]
fn fractions_that_take_too_long_are_refused() {
    let (dir, stored) = (tempfile::tempdir().unwrap(), &made().stored);
    std::fs::write(dir.path().join(store::CERTIFICATE), &stored.text).unwrap();
    let lines = log::lines(stored.log.as_ref().unwrap()).unwrap();
    let text: String = lines.into_iter().map(|line| String::from_utf8(line).unwrap() + "\n").collect();
    let read = |text: &str| {
        std::fs::write(dir.path().join(store::LOG), text).unwrap();
        store::read(dir.path(), Patience::default())
    };
    assert!(read(&text).is_ok_and(|same| same.log == stored.log));
    let long = format!("1/1{}", "0".repeat(1_000_000));
    let too_long = "a fraction of 1000003 characters is not read: 4096 are the most";
    for honest in [r#""value":"0/1""#, r#""chance":"1/1""#] {
        let line = text.lines().position(|line| line.contains(honest)).unwrap() + 1;
        let (name, _) = honest.split_once(':').unwrap();
        let found = read(&text.replacen(honest, &format!("{name}:\"{long}\""), 1)).err().unwrap().to_string();
        assert_eq!(found, format!("line {line} of the log: {too_long}"));
    }
    let distance = |c: &mut Certificate| {
        let points = c.measured.rows.iter_mut().find_map(|row| match row {
            Evidence::Simulator(row) => Some(&mut row.points),
            _ => None,
        });
        points.unwrap()[0].distance = Some(long.clone());
    };
    let found = error(&changed(distance, true), None);
    assert!(found.starts_with("toy.sum/") && found.ends_with(too_long), "{found}");
    // None of these is long.
    let many = |entries: &mut Vec<log::Entry>| {
        let proof = entries.iter_mut().find_map(|e| match &mut e.found {
            Found::Simulated { proof, .. } => proof.as_mut(),
            _ => None,
        });
        proof.unwrap().certificate.simulator.sends = (1000..6000).map(|d| format!("1/{d}").parse().unwrap()).collect();
    };
    let found = error(&forged(many), None);
    assert!(found.contains("no common denominator below 2^4096"), "{found}");
}

#[test]
fn a_property_that_was_looked_at_less_is_refused() {
    let of = |e: &log::Entry| matches!(e.unit, Unit::Property { .. });
    let missing = |entries: &mut Vec<log::Entry>| {
        let at = entries.iter().position(of).unwrap();
        entries.remove(at);
    };
    assert!(error(&forged(missing), None).contains("were planned"));
    let silent = |entries: &mut Vec<log::Entry>| {
        for e in entries.iter_mut() {
            if let Found::Looked { violated, .. } = &mut e.found {
                *violated = 1;
            }
        }
    };
    assert!(error(&forged(silent), None).contains("not those that were counted"));
    let none = |entries: &mut Vec<log::Entry>| {
        for e in entries.iter_mut() {
            if let Found::Looked { cases, .. } = &mut e.found {
                *cases = 0;
            }
        }
    };
    assert!(error(&forged(none), None).contains("0 cases are not those of traffic.shape"));
}

/// Counts that add up are not enough: every line has to be of the run that was planned there.
#[test]
fn a_line_that_stands_for_another_is_refused() {
    type Is = fn(&log::Entry) -> bool;
    let twice: [(Is, &str); 3] = [
        (|e| matches!(e.unit, Unit::Property { .. }), "is there twice"),
        (|e| matches!(e.unit, Unit::Coverage { .. } | Unit::Views { .. }), "is there twice"),
        (|e| matches!(e.unit, Unit::Tamper { .. }), "is there twice"),
    ];
    for (is, why) in twice {
        // The first two lines of one row: the second is deleted, the first repeated.
        let repeated = |entries: &mut Vec<log::Entry>| {
            let pair = |w: &[log::Entry]| is(&w[0]) && w[0].row == w[1].row;
            let at = entries.windows(2).position(pair).unwrap();
            entries[at + 1] = entries[at].clone();
        };
        let found = error(&forged(repeated), None);
        assert!(found.contains(why), "{found}");
    }
    let not_planned = "not of the runs that were planned";
    // A change that was too much for somebody.
    let missing = |entries: &mut Vec<log::Entry>| {
        let at = entries.iter().position(|e| matches!(e.unit, Unit::Tamper { .. })).unwrap();
        entries.remove(at);
    };
    assert!(error(&forged(missing), None).contains(not_planned));
    let other_input = |entries: &mut Vec<log::Entry>| {
        let puts_in = entries.iter_mut().find_map(|e| match &mut e.unit {
            Unit::Simulator { puts_in, .. } => Some(puts_in),
            _ => None,
        });
        puts_in.unwrap().push(0);
    };
    assert!(error(&forged(other_input), None).contains(not_planned));
    let other_strategy = |entries: &mut Vec<log::Entry>| {
        let strategy = entries.iter_mut().find_map(|e| match &mut e.unit {
            Unit::Simulator { strategy, .. } if strategy != "honest" => Some(strategy),
            _ => None,
        });
        strategy.unwrap().push_str(" of another kind");
    };
    assert!(error(&forged(other_strategy), None).contains(not_planned));
    let dropped = |entries: &mut Vec<log::Entry>| {
        let at = entries.iter().position(|e| matches!(e.unit, Unit::Honest { .. })).unwrap();
        entries.remove(at);
    };
    assert!(error(&forged(dropped), None).contains(not_planned));
    let swapped = |entries: &mut Vec<log::Entry>| {
        let at = entries.iter().position(|e| matches!(e.unit, Unit::Honest { .. })).unwrap();
        entries.swap(at, at + 1);
    };
    assert!(error(&forged(swapped), None).contains(not_planned));
}

/// A proof about something else proves nothing here, however good it is.
#[test]
fn a_proof_about_another_functionality_is_refused() {
    let exchanged = |entries: &mut Vec<log::Entry>| {
        let over = |e: &log::Entry, wanted: FieldId| match (&e.unit, &e.found) {
            (Unit::Simulator { field, .. }, Found::Simulated { proof: Some(_), .. }) => *field == wanted,
            _ => false,
        };
        let [two, three] = [FieldId::F2, FieldId::F3].map(|f| entries.iter().position(|e| over(e, f)).unwrap());
        entries[three].found = entries[two].found.clone();
    };
    assert!(error(&forged(exchanged), None).contains("another functionality"));
}

/// One figure that was not proved keeps its row from being passed over.
#[test]
fn a_row_with_an_unproved_figure_is_waited_for() {
    let rows = || {
        made().stored.certificate.measured.rows.iter().filter_map(|r| match r {
            Evidence::Simulator(r) => Some(r.clone()),
            _ => None,
        })
    };
    let mut row = rows().find(|r| !r.supports_only() && r.points.len() > 1).unwrap();
    row.points[0].distance = None;
    assert!(!row.supports_only() && row.verdict().to_string() == "inconclusive");
    // To withhold is not to change what is said.
    assert!(rows().any(|r| r.active() && r.id.ends_with("/changes")));
    assert!(rows().filter(|r| r.id.ends_with("/withholds")).all(|r| !r.active()));
}

#[test]
fn coverage_is_a_part_of_a_whole_and_none_is_no_pass() {
    let with = |change: fn(&mut u64, u64)| {
        forged(|entries| {
            for e in entries.iter_mut() {
                if let Found::Covered { figures, .. } = &mut e.found {
                    figures.values_mut().for_each(|f| change(&mut f.hit, f.all));
                }
            }
        })
    };
    let row = made().stored.certificate.measured.rows.iter().find_map(|r| match r {
        Evidence::Coverage(c) => Some(c),
        _ => None,
    });
    let total = row.unwrap().total();
    assert!(total["AC1"].hit > 0 && total["AC7"].hit == total["AC7"].all, "{total:?}");
    assert!(error(&with(|hit, all| *hit = all + 1), None).contains(" of "));
    assert_ne!(verified(&with(|hit, _| *hit = 0), None).unwrap().derived.to_string(), "pass");
    // Wrong outputs that nothing may let through fail, whatever was covered; so do honest runs that do not end right.
    for (wrong, honest, verdict) in [(0, 0, "pass"), (1, 0, "fail"), (1 << 40, 0, "fail"), (0, 1, "fail")] {
        let other = forged(|entries| {
            for e in entries.iter_mut() {
                if let Found::Covered { wrong: w, figures, .. } = &mut e.found {
                    *w = wrong;
                    figures.get_mut("AC7").unwrap().hit -= honest;
                }
            }
        });
        assert_eq!(verified(&other, None).unwrap().derived.to_string(), verdict, "{wrong}, {honest}");
    }
}

/// A formula that is wrong may agree with the right one at a size or two.
#[test]
fn two_sizes_are_not_enough_for_a_level() {
    let without = |thin: fn(&mut Evidence)| {
        let mut measured = made().stored.certificate.measured.clone();
        measured.rows.iter_mut().for_each(thin);
        let derived = Derived::from(&measured).unwrap();
        let verdict = |level: &str| derived.levels.iter().find(|l| l.level == level).unwrap().verdict.clone();
        [verdict("A1C2"), verdict("A3C2"), derived.verdict]
    };
    assert_eq!(without(|_| ()), ["pass"; 3]);
    let views = |row: &mut Evidence| {
        if let Evidence::Views(r) = row {
            r.points.retain(|p| p.field == "F2" || p.field == "F3");
        }
    };
    assert_eq!(without(views), ["inconclusive", "pass", "inconclusive"]);
    let simulators = |row: &mut Evidence| {
        if let Evidence::Simulator(r) = row {
            r.points.retain(|p| p.p < 5);
            r.planned.retain(|field, _| field == "F2" || field == "F3");
        }
    };
    assert_eq!(without(simulators), ["pass", "inconclusive", "inconclusive"]);
}
