//! What `quorate bench` runs, and how a run is measured.

use std::path::Path;
use std::time::Instant;

use field::PrimeField;
use protocols::ledger::{Directory, Ledger};
use protocols::ot::{RandomOt, SoftSpoken};
use protocols::prg::Prg;
use protocols::{Error, MacKey, Mascot, Memory, Online, Result, Session, Shared, Supply, Triples};
use transport::{PartyId, Traffic};

use crate::commands::What;

/// One repetition.
#[derive(Clone, Copy, Debug, Default)]
pub struct Measured {
    /// Wall-clock seconds.
    pub seconds: f64,
    /// Seconds of processor time of this process, all threads.
    pub processor: f64,
    /// Bytes sent.
    pub bytes: u64,
    /// Rounds.
    pub rounds: u64,
}

impl Measured {
    /// From a start to now.
    #[must_use]
    pub fn since((traffic, processor, start): (Traffic, f64, Instant), now: Traffic) -> Self {
        Self {
            seconds: start.elapsed().as_secs_f64(),
            processor: processor_seconds() - processor,
            bytes: now.bytes_sent - traffic.bytes_sent,
            rounds: now.rounds - traffic.rounds,
        }
    }
}

/// Processor time of this process so far, from the system's accounting; 0 where there is none.
#[must_use]
pub fn processor_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // Fields after the command's closing parenthesis: state is number 3 of the page, utime 14, stime 15, in ticks of 10 ms.
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |i: usize| fields.get(i).and_then(|t| t.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / 100.0
}

/// The largest resident memory of this process so far, in MiB.
#[must_use]
pub fn peak_mib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|k| k.parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
}

/// A protocol ready to be measured.
pub enum Subject<F: PrimeField> {
    /// MASCOT.
    Triples(Box<TriplesSubject<F>>),
    /// The online phase on public preprocessing.
    Online(Box<OnlineSubject<F>>),
    /// Oblivious transfers.
    Ot(Box<SoftSpoken>, usize),
}

/// A measurement of triples.
pub struct TriplesSubject<F: PrimeField> {
    /// The ledger takes the key with the triples: then the next repetition needs another one.
    mascot: Option<Mascot<F, SoftSpoken>>,
    count: usize,
    /// Where they go, if anywhere.
    ledger: Option<Directory>,
    repetition: u8,
}

/// A measurement of the online phase.
pub struct OnlineSubject<F: PrimeField> {
    what: What,
    count: usize,
    public: Public<F>,
    ledger: (tempfile::TempDir, Directory),
    stock: Stock<F>,
    operands: [Shared<F>; 2],
    repetition: u8,
}

/// Triples made at a time.
const TRIPLE_BATCH: usize = 1024;
/// Transfers per call, as MASCOT makes them.
const OT_BATCH: usize = 1 << 16;

/// Sets up what is measured. `ledger` is this party's directory for triples that are to be kept.
pub async fn prepare<F: PrimeField>(
    what: What,
    s: &mut Session,
    count: usize,
    ledger: Option<&Path>,
) -> Result<Subject<F>> {
    Ok(match what {
        What::Triples => {
            let open = |dir: &Path| {
                let made = std::fs::create_dir_all(dir);
                made.map_err(|e| Error::Storage(format!("{}: {e}", dir.display())))?;
                Directory::open(&dir.join("ledger"), &dir.join("fence"), s.tape())
            };
            let ledger = ledger.map(open).transpose()?;
            Subject::Triples(Box::new(TriplesSubject { mascot: None, count, ledger, repetition: 0 }))
        }
        What::Ot => Subject::Ot(Box::new(SoftSpoken::setup(s).await?), count),
        What::Online | What::Open | What::Latency => {
            let public = Public::new(s);
            let dir = tempfile::tempdir().map_err(|e| Error::Local(format!("no temporary directory: {e}")))?;
            let directory = Directory::open(&dir.path().join("ledger"), &dir.path().join("fence"), s.tape())?;
            Subject::Online(Box::new(OnlineSubject {
                what,
                count,
                stock: Stock::Memory(public.key(), Box::default()),
                public,
                ledger: (dir, directory),
                operands: [Shared::default(), Shared::default()],
                repetition: 0,
            }))
        }
    })
}

/// Where MAC key and triples are: on disk for many multiplications, in memory for the latency of one.
enum Stock<F: PrimeField> {
    Disk(Ledger<F>),
    Memory(MacKey<F>, Box<Memory<F>>),
}

impl<F: PrimeField> Stock<F> {
    fn parts(&mut self) -> (&mut MacKey<F>, &mut dyn Supply<F>) {
        match self {
            Self::Disk(ledger) => {
                let (key, items) = ledger.parts();
                (key, items)
            }
            Self::Memory(key, memory) => (key, &mut **memory),
        }
    }
}

impl<F: PrimeField> Subject<F> {
    /// Makes fresh material, outside the measured time.
    pub async fn ready(&mut self, s: &mut Session) -> Result<()> {
        let o = match self {
            Self::Triples(t) => {
                if t.mascot.is_none() {
                    t.mascot = Some(Mascot::setup(s).await?);
                }
                return Ok(());
            }
            Self::Ot(..) => return Ok(()),
            Self::Online(o) => o,
        };
        o.operands = [o.public.randoms(o.count), o.public.randoms(o.count)];
        o.repetition += 1;
        match o.what {
            What::Online => {
                let key = o.public.key();
                let mut writer = o.ledger.1.writer::<F>(s, [o.repetition; 32], &key)?;
                writer.triples(o.public.triples(o.count))?;
                o.stock = Stock::Disk(o.ledger.1.resume(s, &writer.finish(key)?).await?);
            }
            What::Latency => {
                let mut memory = Memory::default();
                memory.add_triples(o.public.triples(o.count));
                o.stock = Stock::Memory(o.public.key(), Box::new(memory));
            }
            _ => {}
        }
        Ok(())
    }
    /// What is measured.
    pub async fn run(&mut self, s: &mut Session) -> Result<()> {
        match self {
            Self::Triples(t) => {
                t.repetition += 1;
                let mut mascot = t.mascot.take().ok_or_else(|| Error::Local("triples were not set up".into()))?;
                let writer = |d: &Directory| d.writer::<F>(s, [t.repetition; 32], mascot.key());
                let mut writer = t.ledger.as_ref().map(writer).transpose()?;
                for at in (0..t.count).step_by(TRIPLE_BATCH) {
                    let triples = mascot.triples(s, TRIPLE_BATCH.min(t.count - at)).await?;
                    if let Some(writer) = &mut writer {
                        writer.triples(triples)?;
                    }
                }
                match writer {
                    Some(writer) => {
                        writer.finish(mascot.into_key())?;
                    }
                    None => t.mascot = Some(mascot),
                }
            }
            Self::Ot(ot, count) => {
                for _ in 0..count.div_ceil(OT_BATCH) {
                    let mut choices = vec![0u128; OT_BATCH / 128];
                    for c in &mut choices {
                        let mut bytes = [0; 16];
                        s.tape().bytes(&mut bytes)?;
                        *c = u128::from_le_bytes(bytes);
                    }
                    drop(ot.extend::<F>(s, &choices, OT_BATCH).await?);
                }
            }
            Self::Online(o) => {
                let (key, supply) = o.stock.parts();
                let mut online = Online::new(s, key, supply);
                let [x, y] = &o.operands;
                match o.what {
                    What::Open => drop(online.output(x).await?),
                    What::Latency => {
                        for k in 0..o.count {
                            online.mul(&x.slice(k..k + 1), &y.slice(k..k + 1)).await?;
                        }
                    }
                    _ => {
                        let z = online.mul(x, y).await?;
                        online.output(&z.slice(0..1)).await?;
                    }
                }
            }
        }
        Ok(())
    }
}

/// Preprocessing that everybody can compute from the session id: for measurements only, nothing about it is secret.
pub struct Public<F: PrimeField> {
    me: PartyId,
    n: usize,
    prg: Prg,
    alpha: Vec<F>,
}

impl<F: PrimeField> Public<F> {
    fn new(s: &Session) -> Self {
        let mut prg = Prg::wide(&s.id().0);
        let alpha = prg.elements(s.n());
        Self { me: s.me(), n: s.n(), prg, alpha }
    }
    fn key(&self) -> MacKey<F> {
        MacKey::from_share(self.alpha[self.me.index()])
    }
    /// Shares of these values: all but the last party's are pseudo-random.
    fn split(&mut self, x: Vec<F>) -> Vec<F> {
        let mut rest = x;
        let mut mine = Vec::new();
        for p in 0..self.n - 1 {
            let share = self.prg.elements::<F>(rest.len());
            rest.iter_mut().zip(&share).for_each(|(r, s)| *r -= *s);
            if p == self.me.index() {
                mine = share;
            }
        }
        if self.me.index() == self.n - 1 { rest } else { mine }
    }
    fn share(&mut self, x: Vec<F>) -> Shared<F> {
        let alpha = self.alpha.iter().fold(F::ZERO, |sum, a| sum + *a);
        let macs = x.iter().map(|x| *x * alpha).collect();
        let (value, mac) = (self.split(x), self.split(macs));
        Shared::from_parts(value, mac)
    }
    fn randoms(&mut self, n: usize) -> Shared<F> {
        let x = self.prg.elements(n);
        self.share(x)
    }
    fn triples(&mut self, n: usize) -> Triples<F> {
        let (a, b): (Vec<F>, Vec<F>) = (self.prg.elements(n), self.prg.elements(n));
        let c = a.iter().zip(&b).map(|(a, b)| *a * *b).collect();
        Triples { a: self.share(a), b: self.share(b), c: self.share(c) }
    }
}
