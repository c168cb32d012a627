//! The model of the ledger and the ledger that ships say the same: random lives are lived by both, and after every run
//! status, items left and refusals are compared.

use std::fs;
use std::path::Path;

use adversary::sample::Sampler;
use adversary::{Ending, World, classify};
use field::{F128, Field};
use protocols::ledger::{Binding, Directory};
use protocols::{MacKey, Result, Session, Shared, Supply, Tape};
use stateright::Model;
use transport::PartySet;
use transport::sim::Passive;

use super::{Action, ITEMS, Ledger, SHIPPED, State};

/// What one run of a program does with the segment, and how it ends.
#[derive(Clone, Copy, Debug)]
enum Run {
    /// Takes so many items and closes.
    Close(u8),
    /// Takes so many items and fails a check.
    Fail(u8),
    /// Takes so many items and ends without a word.
    Crash(u8),
    /// Does not run: the directory is copied.
    Copy,
    /// Does not run: the copy is put back.
    Restore,
}

/// The ledger that ships reserves strides of a million items, so all of these at once.
const MODEL: Ledger = Ledger { stride: ITEMS, crashes: u8::MAX, epochs: u8::MAX, ..SHIPPED };

fn step(state: &mut State, action: Action) {
    *state = MODEL.next_state(state, action).unwrap();
    while state.process.as_ref().is_some_and(|p| !p.todo.is_empty()) {
        *state = MODEL.next_state(state, Action::Step).unwrap();
    }
}

/// The model's run: whether the segment was used.
fn model(state: &mut State, run: Run) -> bool {
    match run {
        Run::Copy => {
            state.copy = Some(state.disk);
            return false;
        }
        Run::Restore => {
            let copy = state.copy;
            if copy.is_some() {
                step(state, Action::Restore);
                state.copy = copy;
            }
            return false;
        }
        _ => {}
    }
    step(state, Action::Start);
    let mut actions = Vec::new();
    MODEL.actions(state, &mut actions);
    let used = actions.contains(&Action::Use);
    if used {
        step(state, Action::Use);
        let (items, end) = match run {
            Run::Close(k) => (k, Some(Action::Close)),
            Run::Fail(k) => (k, Some(Action::Fail)),
            Run::Crash(k) => (k, None),
            Run::Copy | Run::Restore => unreachable!("no run"),
        };
        let before = state.handed;
        for _ in 0..items {
            if state.process.as_ref().is_some_and(|p| p.handed < ITEMS) {
                step(state, Action::Take);
            }
        }
        // A segment of which nothing was taken goes back as it was.
        let end = end.or((state.handed == before).then_some(Action::Close));
        if let Some(end) = end {
            step(state, end);
        }
    }
    step(state, Action::Crash);
    used
}

/// The same with the ledger that ships, at both of two parties: whether the segment was used, and what the disk says.
fn shipped(place: &Path, k: u64, run: Run) -> Option<(bool, Vec<String>)> {
    let (now, old) = (place.join("now"), place.join("old"));
    match run {
        Run::Copy => {
            let _ = fs::remove_dir_all(&old);
            copy(&now, &old);
            return None;
        }
        Run::Restore => {
            if old.exists() {
                fs::remove_dir_all(&now).unwrap();
                copy(&old, &now);
            }
            return None;
        }
        _ => {}
    }
    let tape = Tape::seeded([k as u8; 32]);
    let ended = World::new(2, PartySet::EMPTY).run(&tape, &mut Passive, |mut s| {
        let (ledger, fences) = (now.join(s.me().to_string()), place.join("fences").join(s.me().to_string()));
        async move {
            let dir = match Directory::open(&ledger, &fences, s.tape()) {
                Ok(dir) => dir,
                Err(e) => return Ok((false, e.to_string())),
            };
            let binding = Binding::of(&s, [0; 32]);
            let used = used(&mut s, &dir, &binding, run).await?;
            let stock = &dir.stock()[0];
            Ok((used, format!("{:?}, {} left", stock.status, stock.randoms)))
        }
    });
    let ends = classify(ended.ends).into_iter().map(|e| match e {
        Ending::Output(end) => end,
        other => panic!("{other:?}"),
    });
    let ends: Vec<(bool, String)> = ends.collect();
    assert_eq!(ends[0].0, ends[1].0);
    Some((ends[0].0, ends.into_iter().map(|(_, disk)| disk).collect()))
}

async fn used(s: &mut Session, dir: &Directory, binding: &Binding, run: Run) -> Result<bool> {
    let Ok(mut ledger) = dir.resume::<F128>(s, binding).await else { return Ok(false) };
    let (Run::Close(items) | Run::Fail(items) | Run::Crash(items)) = run else { return Ok(false) };
    // Both have resumed before either fails; who hears of a failure first hears nothing else.
    let both = s.exchange("resumed", &[F128::ONE]).await;
    for _ in 0..items {
        if both.is_ok() && ledger.left()[1] > 0 {
            drop(ledger.parts().1.randoms(1)?);
        }
    }
    match run {
        Run::Close(_) => ledger.close()?,
        Run::Fail(_) => s.die(),
        _ => {}
    }
    Ok(true)
}

/// A fresh segment at each of `n` parties, and what it is bound to.
pub fn generate(place: &Path, n: usize) -> Vec<Binding> {
    fs::create_dir_all(place.join("fences")).unwrap();
    let ended = World::new(n, PartySet::EMPTY).run(&Tape::seeded([1; 32]), &mut Passive, |s| async move {
        let path = place.join("now").join(s.me().to_string());
        let dir = Directory::open(&path, &place.join("fences").join(s.me().to_string()), s.tape())?;
        let key = MacKey::from_share(F128::ONE);
        let mut writer = dir.writer(&s, [0; 32], &key)?;
        let items = vec![F128::from_u64(7); usize::from(ITEMS)];
        writer.randoms(Shared::from_parts(items.clone(), items))?;
        writer.finish(key)
    });
    let bound = classify(ended.ends).into_iter().map(|e| match e {
        Ending::Output(binding) => binding,
        other => panic!("{other:?}"),
    });
    bound.collect()
}

pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    fs::set_permissions(to, fs::metadata(from).unwrap().permissions()).unwrap();
    for e in fs::read_dir(from).unwrap() {
        let (path, target) = (e.as_ref().unwrap().path(), to.join(e.unwrap().file_name()));
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, target).unwrap();
        }
    }
}

#[test]
fn the_ledger_lives_as_its_model_does() {
    let (mut uses, mut refusals) = (0, 0);
    for life in 0..25 {
        let place = tempfile::TempDir::new().unwrap();
        generate(place.path(), 2);
        let mut state = MODEL.init_states().remove(0);
        let choices = Sampler::new(7).tape(life);
        let mut lived = Vec::new();
        for k in 0..6 {
            let items = 1 + choices.uniform(2) as u8;
            let run = match choices.uniform(8) {
                0..=3 => Run::Close(items),
                4 => Run::Fail(items),
                5 => Run::Crash(items),
                6 => Run::Copy,
                _ => Run::Restore,
            };
            lived.push(run);
            let expected = model(&mut state, run);
            let Some((used, disks)) = shipped(place.path(), k, run) else { continue };
            assert_eq!(used, expected, "life {life}: {lived:?}: {disks:?} against {state:?}");
            uses += u32::from(used);
            refusals += u32::from(!used);
            // A refused directory says why instead of what it holds.
            let refused = disks.iter().all(|d| d.contains("restored from a backup"));
            let status = state.disk.status.0;
            let held = format!("{status:?}, {} left", ITEMS - state.disk.used);
            assert!(disks.iter().all(|d| *d == held) || refused, "life {life}: {lived:?}: {disks:?}, the model {held}");
        }
        assert!(state.handed.iter().all(|k| *k <= 1));
    }
    assert!(uses > 20 && refusals > 10, "{uses} uses, {refusals} refusals");
}
