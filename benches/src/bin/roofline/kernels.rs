//! Nanoseconds of the kernels, each on its own.

use std::hint::black_box;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use field::{Field, Gf128, Kernels, PrimeField, Residue, transpose_columns};
use protocols::ot::OtHash;
use protocols::prg::Prg;

/// Elements at a time: fits the second-level cache together with its operands.
const N: usize = 4096;
/// Elements expanded at a time, as COPEe does.
const ROW: usize = 128;
const SAMPLES: usize = 60;

/// The fastest of many samples, per item.
fn best(items: usize, mut work: impl FnMut()) -> f64 {
    let sample = |_| {
        let start = Instant::now();
        work();
        start.elapsed()
    };
    let best = (0..SAMPLES).map(sample).min().unwrap_or_default();
    best.as_nanos() as f64 / items as f64
}

/// What does not depend on the field.
pub struct Machine {
    /// 16 bytes of the generator, streams side by side.
    pub generator: f64,
    /// A row of a 128-column transpose.
    pub transpose: f64,
    /// A row of the consistency check over GF(2^128).
    pub check: f64,
    /// A byte of BLAKE3.
    pub hash: f64,
    /// A byte of a large copy.
    pub copy: f64,
    /// A byte sent while one is received, by two parties on two cores.
    pub loopback: f64,
}

impl Machine {
    /// Measures all of it.
    pub fn measure() -> io::Result<Self> {
        const ROWS: usize = 8192;
        let mut prgs: Vec<Prg> = (0..64u8).map(|i| Prg::new(&[i; 16])).collect();
        let mut column = vec![0; ROWS / 8];
        let generator = best(64 * ROWS / 128, || prgs.iter_mut().for_each(|prg| prg.fill(black_box(&mut column))));
        let columns: Vec<u8> = (0..16 * ROWS).map(|i| ((i * i) >> 7) as u8).collect();
        let mut rows = vec![0; ROWS];
        let transpose = best(ROWS, || transpose_columns(black_box(&columns), &mut rows));
        let chi: Vec<Gf128> = Prg::new(&[9; 16]).elements(ROWS / 128);
        let blocks: Vec<Gf128> = Prg::new(&[8; 16]).elements(ROWS);
        let check = best(ROWS, || {
            let sum = blocks.chunks(chi.len()).fold(Gf128::ZERO, |sum, b| sum + Gf128::dot(black_box(&chi), b));
            black_box(sum);
        });
        let bytes = vec![7u8; 1 << 20];
        let hash = best(bytes.len(), || {
            black_box(blake3::hash(black_box(&bytes)));
        });
        // Larger than the caches.
        let large = vec![3u8; 64 << 20];
        let mut other = vec![0u8; large.len()];
        let copy = best(large.len(), || other.copy_from_slice(black_box(&large)));
        Ok(Self { generator, transpose, check, hash, copy, loopback: loopback()? })
    }
}

/// Two one-way connections between two parties, as the transport has them, both full.
fn loopback() -> io::Result<f64> {
    const BYTES: usize = 512 << 20;
    const FRAME: usize = 128 << 10;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let connect = || -> io::Result<(TcpStream, TcpStream)> {
        let to = TcpStream::connect(listener.local_addr()?)?;
        Ok((to, listener.accept()?.0))
    };
    let mut fastest = Duration::MAX;
    for _ in 0..3 {
        let pairs = [connect()?, connect()?];
        let start = Instant::now();
        std::thread::scope(|scope| {
            let mut ends = Vec::new();
            for (mut to, mut from) in pairs {
                ends.push(scope.spawn(move || {
                    let frame = vec![5u8; FRAME];
                    (0..BYTES / FRAME).try_for_each(|_| to.write_all(&frame))
                }));
                ends.push(scope.spawn(move || {
                    let mut frame = vec![0u8; FRAME];
                    (0..BYTES / FRAME).try_for_each(|_| from.read_exact(&mut frame))
                }));
            }
            ends.into_iter().try_for_each(|e| e.join().unwrap_or_else(|_| Err(io::ErrorKind::Other.into())))
        })?;
        fastest = fastest.min(start.elapsed());
    }
    Ok(fastest.as_nanos() as f64 / BYTES as f64)
}

/// What does.
pub struct FieldKernels {
    /// A row hashed to the field.
    pub hash: f64,
    /// An element encoded.
    pub write: f64,
    /// An element decoded and found canonical.
    pub read: f64,
    /// An unreduced term of a sum by powers of two.
    pub sum: f64,
    /// A residue from the generator.
    pub expand: f64,
    /// An element from the generator.
    pub sample: f64,
    /// An addition.
    pub add: f64,
    /// A term of an inner product.
    pub dot: f64,
    /// Both products of a Beaver multiplication.
    pub beaver: f64,
}

impl FieldKernels {
    /// Measures all of it.
    pub fn measure<F: PrimeField>() -> Self {
        let mut prg = Prg::new(&[1; 16]);
        let [a, b, d, e, mut y] = [(); 5].map(|()| prg.elements::<F>(N));
        let rows: Vec<u128> =
            (0..N as u128).map(|i| i.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)).collect();
        let mut residues = vec![F::Residue::ZERO; N];
        let ot_hash = OtHash::new(&[3; 16]);
        let hash = best(N, || ot_hash.residues::<F>(0, black_box(&rows), 7, &mut residues));
        let mut bytes = Vec::with_capacity(N * F::BYTES);
        let write = best(N, || {
            bytes.clear();
            F::Residue::write_slice(black_box(&residues), &mut bytes);
        });
        let mut out = residues.clone();
        let read = best(N, || {
            black_box(F::Residue::read_slice(black_box(&bytes), &mut out));
        });
        let mut sums = [<F::Residue as Residue>::Sum::default(); N];
        // As many terms as a sum takes without a reduction.
        let sum = best(N, || {
            for (sum, term) in sums.iter_mut().zip(black_box(&residues)) {
                *sum = F::Residue::ZERO.begin();
                F::Residue::double_add(sum, *term);
            }
        });
        let expand = best(N, || {
            for row in out.chunks_mut(ROW) {
                F::Residue::sample_steadily(row, &mut |bytes| prg.fill(bytes));
            }
        });
        let mut coefficients = vec![F::ZERO; N];
        let sample = best(N, || F::sample_slice(&mut coefficients, &mut |bytes| prg.fill(bytes)));
        let add = best(N, || F::add_slices(&mut y, black_box(&a)));
        let dot = best(N, || {
            black_box(F::dot(black_box(&a), &b));
        });
        let k = a[N - 1];
        let beaver = best(N, || F::beaver_combine(&mut y, &a, &b, &d, &e, k));
        Self { hash, write, read, sum, expand, sample, add, dot, beaver }
    }
}
