//! The certifier on code that is wrong on purpose, as rows of its own certificate.

use adversary::Verdict;
use quorate_certify::certificate::store::Stored;
use quorate_certify::certificate::{Log, derive::Derived, strict};
use quorate_certify::evidence::Evidence;
use quorate_certify::log::{self, Found};
use quorate_certify::plan::recount;
use quorate_certify::registry::Registry;
use quorate_certify::verify::verify;
use quorate_certify::watchdog::Patience;
use spec::ExitCode;

use crate::{TOYS, certify};

/// The same report with another log, and everything that follows from it.
fn forged(stored: &Stored, change: impl Fn(&mut Vec<log::Entry>)) -> Result<Verdict, String> {
    let (mut certificate, mut entries) = (stored.certificate.clone(), stored.log.clone().unwrap());
    change(&mut entries);
    let lines = log::lines(&entries).unwrap();
    certificate.measured.log = Log { lines: lines.len() as u64, root: log::root(&lines) };
    certificate.measured.rows = recount(&certificate.measured.rows, &entries)?;
    certificate.derived = Derived::from(&certificate.measured)?;
    let text = strict::canonical(&certificate).unwrap();
    let stored = Stored { certificate, text, signature: None, log: Some(entries), page: None };
    verify(&stored, &Registry::new(TOYS).unwrap(), None, None, Patience::default())
        .map(|_| stored.certificate.derived.verdict())
}

#[test]
fn every_weakness_is_flagged_in_the_certificate_too() {
    let dir = tempfile::tempdir().unwrap();
    let (code, stored) = certify(TOYS, "spdz", &["--n", "2", "--only", "certifier/weaknesses"], dir.path());
    // A part is never a pass.
    assert_eq!(code, ExitCode::Inconclusive);
    let [Evidence::Weakness(row)] = &stored.certificate.measured.rows[..] else { panic!("other rows") };
    assert_eq!(row.right(), (row.all, row.all));
    assert!(row.interval().0 > 0.5 && row.verdict() == Verdict::Pass);
    assert_eq!(forged(&stored, |_| ()), Ok(Verdict::Inconclusive));
    // A check that comes too late lets no wrong output pass: what the coalition learns tells.
    let by = |weakness: &str| &row.points.iter().find(|p| p.weakness == weakness).unwrap().by;
    assert!(by("mac.off").iter().any(|m| m == "wrong outputs"));
    let late = by("mac.late");
    assert!(!late.is_empty() && late.iter().all(|m| m == "best guess of inputs" || m == "best simulator"), "{late:?}");
    assert_eq!(by("ot.tree.off"), &["ot.tree"]);
    // The page has a column for what found several of them, and names what found one.
    let page = String::from_utf8(stored.page.clone().unwrap()).unwrap();
    for told in [r#"<th scope="col">wrong outputs</th>"#, "<td>●</td>", "<td>ot.tree</td>"] {
        assert!(page.contains(told), "{told}");
    }
    assert!(!page.contains(r#"<th scope="col">ot.tree</th>"#));
    // One that was missed, or found where it is absent, says that the instrument is no good.
    let missed = |entries: &mut Vec<log::Entry>| {
        if let Found::Examined { weakened, by, .. } = &mut entries[0].found {
            weakened.clear();
            by.clear();
        }
    };
    assert_eq!(forged(&stored, missed), Ok(Verdict::Vacuous));
    let alarm = |entries: &mut Vec<log::Entry>| {
        if let Found::Examined { shipped, breaks, .. } = &mut entries[0].found {
            shipped.clone_from(breaks);
        }
    };
    assert_eq!(forged(&stored, alarm), Ok(Verdict::Vacuous));
    // None may be left out, and none be called sound.
    assert!(forged(&stored, |entries| drop(entries.pop())).unwrap_err().contains("not what this program examines"));
    let harmless = |entries: &mut Vec<log::Entry>| {
        if let Found::Examined { breaks, weakened, by, .. } = &mut entries[0].found {
            breaks.clear();
            weakened.clear();
            by.clear();
        }
    };
    assert!(forged(&stored, harmless).unwrap_err().contains("not what this program examines"));
    // What found it is not left out.
    let nameless = |entries: &mut Vec<log::Entry>| {
        if let Found::Examined { by, .. } = &mut entries[0].found {
            by.clear();
        }
    };
    assert!(forged(&stored, nameless).unwrap_err().contains("what found it is not named"));
}
