//! Processor time per MASCOT triple without sockets: two parties as threads of one process. Next to `quorate bench
//! triples`, which has them, it tells what the network costs.
//!
//! `cargo run --release -p quorate-benches --bin triples -- fr 8192` prints nanoseconds of processor time of each party's
//! thread per triple, and triples a second by the clock.

use std::rc::Rc;
use std::time::Instant;

use field::{F128, Fr, PrimeField};
use protocols::ot::SoftSpoken;
use protocols::{Error, Mascot, Real, Result, Session, SessionId, Tape};
use transport::threads::mesh;
use transport::{Net, Parties, drive};

/// Nanoseconds of processor time of this thread.
fn processor() -> u64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split(' ').next().and_then(|ns| ns.parse().ok()).unwrap_or(0)
}

async fn party<F: PrimeField>(net: Rc<dyn Net>, count: usize) -> Result<(u64, f64)> {
    let tape = Tape::seeded([net.me().index() as u8; 32]);
    let mut boot = Session::new(net.clone(), SessionId([7; 32]), Rc::new(Real::bootstrap()), tape.clone());
    let real = Real::setup(&mut boot).await?;
    let mut s = Session::new(net, SessionId([7; 32]), Rc::new(real), tape);
    let mut mascot = Mascot::<F, SoftSpoken>::setup(&mut s).await?;
    let (wall, cpu) = (Instant::now(), processor());
    let triples = mascot.triples(&mut s, count).await?;
    if triples.len() != count {
        return Err(Error::Local("too few triples".into()));
    }
    Ok(((processor() - cpu) / count as u64, count as f64 / wall.elapsed().as_secs_f64()))
}

fn measure<F: PrimeField>(count: usize) {
    let parties: Vec<_> = mesh(&Parties::anonymous(2))
        .into_iter()
        .map(|net| {
            std::thread::spawn(move || {
                let net: Rc<dyn Net> = Rc::new(net);
                drive(&*net.clone(), party::<F>(net, count))
            })
        })
        .collect();
    for p in parties {
        match p.join() {
            Ok(Ok((ns, rate))) => println!("{}: {ns} ns of processor per triple, {rate:.0} triples/s", F::NAME),
            Ok(Err(e)) => println!("{e}"),
            Err(_) => println!("a party panicked"),
        }
    }
}

fn main() {
    transport::keep_freed_memory();
    let mut args = std::env::args().skip(1);
    let field = args.next().unwrap_or_else(|| "fr".into());
    let count = args.next().and_then(|n| n.parse().ok()).unwrap_or(4096);
    if field == "f128" { measure::<F128>(count) } else { measure::<Fr>(count) }
}
