//! What every party finds on its connections, told to everybody: the table that `quorate doctor` shows.
//!
//! A connection stands only between parties whose certificates, pins, versions and parameters agree, so what is left to
//! find out is how fast it answers. Parties that are missing, or that cannot take part, are findings like others: who
//! is there measures its connections and tells the others what it found, over these same connections.

use std::future::poll_fn;
use std::time::Instant;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use transport::{Frame, Incoming, Kind, Meta, Net, NetErrorKind, PartyId, PerParty, StepPath, Stream};

/// Rounds measured per peer, in each of which both sides speak and listen.
const PINGS: usize = 20;
/// The longest report that is read.
const REPORT_BYTES: usize = 16 << 10;
/// What is shown of another party's words.
const SHOWN: usize = 400;
const PING: u64 = u64::from_le_bytes(*b"ping    ");
const REPORT: u64 = u64::from_le_bytes(*b"report  ");

/// What a party found on its connection to another one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Seen {
    /// Whether the connection can be used.
    pub ok: bool,
    /// Address, and what agrees or what is wrong.
    pub detail: String,
    /// The mean time of a round in which both sides speak and listen, if there was one.
    pub milliseconds: Option<f64>,
}

/// One party's findings, in party order; `None` for itself.
pub type Row = Vec<Option<Seen>>;

/// Measures the connections to all parties without a problem and exchanges what was found. Returns every party's row, or
/// why it is not known.
pub async fn survey(
    net: &dyn Net,
    addresses: &PerParty<String>,
    problems: &PerParty<Option<String>>,
) -> PerParty<Result<Row, String>> {
    let me = net.me();
    let mut mine: Row = vec![None; addresses.n()];
    for p in net.parties().iter().filter(|p| *p != me) {
        let seen = match &problems[p] {
            Some(problem) => Seen { ok: false, detail: problem.clone(), milliseconds: None },
            None => ping(net, p, &addresses[p]).await,
        };
        mine[p.index()] = Some(seen);
    }
    let reachable = |p: PartyId| mine[p.index()].as_ref().is_some_and(|seen| seen.ok);
    // A row is a few short strings: it always becomes JSON.
    let report: Bytes = serde_json::to_vec(&mine).unwrap_or_default().into();
    for p in net.parties().iter().filter(|p| reachable(*p)) {
        // Whoever has gone is noticed when its report does not come.
        let _ = net.send(p, Stream::MAIN, frame(REPORT, report.clone()));
    }
    let mut rows = PerParty::from_fn(addresses.n(), |_| Err("not connected".to_owned()));
    for p in net.parties().iter().filter(|p| reachable(*p)) {
        rows[p] = receive(net, p).await.map_err(|kind| kind.to_string()).and_then(|got| row(&got, p, addresses.n()));
    }
    rows[me] = Ok(mine);
    rows
}

async fn ping(net: &dyn Net, p: PartyId, address: &str) -> Seen {
    let mut start = Instant::now();
    for k in 0..=PINGS {
        let sent = net.send(p, Stream::MAIN, frame(PING, Bytes::new())).map_err(|e| e.kind);
        let got = match sent {
            Ok(()) => receive(net, p).await,
            Err(kind) => Err(kind),
        };
        let problem = match got {
            Ok(got) if got.tag == PING && got.body.is_empty() => {
                if k == 0 {
                    // The peer may have been busy with somebody else until now.
                    start = Instant::now();
                }
                continue;
            }
            Ok(_) => "connected, but it answers something else".to_owned(),
            Err(kind) => format!("connected, then: {kind}"),
        };
        return Seen { ok: false, detail: format!("{address}: {problem}"), milliseconds: None };
    }
    // Single ones mean nothing: both sides speak at the same time, and the peer's word may be there before ours has left.
    let mean = start.elapsed().as_secs_f64() * 1e3 / PINGS as f64;
    let detail = format!("{address}: TLS, pin, version and parameters agree, {mean:.2} ms a round");
    Seen { ok: true, detail, milliseconds: Some(mean) }
}

/// Another party's row, if it is one.
fn row(got: &Incoming, from: PartyId, n: usize) -> Result<Row, String> {
    let malformed = || "its report is malformed".to_owned();
    if got.tag != REPORT || got.body.len() > REPORT_BYTES {
        return Err(malformed());
    }
    let mut row: Row = serde_json::from_slice(&got.body).map_err(|_| malformed())?;
    if row.len() != n || (0..n).any(|p| row[p].is_none() != (p == from.index())) {
        return Err(malformed());
    }
    for seen in row.iter_mut().flatten() {
        // It goes to a terminal.
        seen.detail = seen.detail.chars().filter(|c| !c.is_control()).take(SHOWN).collect();
    }
    Ok(row)
}

async fn receive(net: &dyn Net, from: PartyId) -> Result<Incoming, NetErrorKind> {
    poll_fn(|cx| net.poll_recv(cx, from, Stream::MAIN)).await.map_err(|e| e.kind)
}

fn frame(tag: u64, body: Bytes) -> Frame {
    let meta = Meta { name: "doctor", kind: Kind::Counts, field: "", len: body.len(), width: 1 };
    Frame { step: StepPath::ROOT.child("doctor", 0), meta, tag, body }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(body: &str) -> Result<Row, String> {
        row(&Incoming { tag: REPORT, body: Bytes::copy_from_slice(body.as_bytes()) }, PartyId::new(0), 2)
    }

    #[test]
    fn a_report_is_not_trusted() {
        let good = r#"[null,{"ok":true,"detail":"a\u001b[2Jb","milliseconds":1.5}]"#;
        assert_eq!(report(good).unwrap()[1].as_ref().unwrap().detail, "a[2Jb");
        let long = format!(r#"[null,{{"ok":true,"detail":"{}","milliseconds":null}}]"#, "x".repeat(REPORT_BYTES));
        for bad in ["", "[]", "[null]", "[null,null]", &good.replace("null,", ""), &format!("{good} "), &long] {
            let expected = bad.ends_with(' ');
            assert_eq!(report(bad).is_ok(), expected, "{bad}");
        }
        let other = Incoming { tag: PING, body: Bytes::copy_from_slice(good.as_bytes()) };
        assert!(row(&other, PartyId::new(0), 2).is_err());
        assert!(row(&Incoming { tag: REPORT, ..other }, PartyId::new(1), 2).is_err(), "it says nothing of itself");
    }
}
