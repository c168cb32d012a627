//! The life of one segment of a ledger, step by step as the disk sees it: every order of starting, using, failing,
//! crashing between any two writes, and putting an old copy of the directory back. Status is the ledger's own type.

pub mod conformance;

use std::hash::{Hash, Hasher};

use protocols::ledger::Status;
use stateright::{Checker, Model, Property};

/// Items of the segment.
pub const ITEMS: u8 = 3;

/// [`Status`] as part of a state.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stands(pub Status);
impl Hash for Stands {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.0 as u8).hash(state);
    }
}

/// What the ledger directory holds.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Disk {
    /// The state file: where the segment stands, how much of it may be gone, the epoch.
    pub status: Stands,
    pub used: u8,
    pub epoch: u8,
    /// Whether the MAC key and the items are still there.
    pub key: bool,
}

impl Disk {
    /// Whether nothing of the segment can be used any more.
    fn is_spent(&self) -> bool {
        self.status.0.is_dead() || (self.status.0 == Status::Sealed && self.used == ITEMS)
    }
}

/// A change of something outside the process, in the order in which it happens.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Write {
    State {
        status: Stands,
        used: u8,
        epoch: u8,
    },
    Fence(u8),
    Wipe,
    /// The application gets an item.
    Hand(u8),
    /// The other parties are told.
    Abort,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Phase {
    /// The directory is open.
    Open,
    /// The segment is in use.
    Using,
    /// The directory was refused.
    Refused,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Process {
    pub phase: Phase,
    pub todo: Vec<Write>,
    pub handed: u8,
    pub reserved: u8,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct State {
    pub disk: Disk,
    pub fence: u8,
    pub copy: Option<Disk>,
    pub process: Option<Process>,
    /// How often each item was handed out.
    pub handed: [u8; ITEMS as usize],
    /// Whether the others were told of an abort.
    pub aborted: bool,
    /// Whether an old copy was ever put back.
    pub restored: bool,
    pub crashes: u8,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Action {
    Start,
    Use,
    Take,
    Close,
    Fail,
    /// The next write of the process is done.
    Step,
    /// The process ends wherever it is.
    Crash,
    Copy,
    Restore,
}

/// How a ledger behaves; each flaw must be noticed.
#[derive(Clone, Copy)]
pub struct Ledger {
    /// Items by which the cursor on disk moves ahead; 0: it moves after the items were handed out.
    pub stride: u8,
    /// Whether a segment that is found open is burnt.
    pub burns: bool,
    /// Whether epochs are compared with a fence outside the directory.
    pub fenced: bool,
    /// Whether the segment is dead on disk before the others are told.
    pub tombstone_first: bool,
    /// Whether the directory is ever copied and put back.
    pub copies: bool,
    /// How far a run goes.
    pub crashes: u8,
    pub epochs: u8,
}

/// As shipped, with strides of two.
pub const SHIPPED: Ledger =
    Ledger { stride: 2, burns: true, fenced: true, tombstone_first: true, copies: true, crashes: 2, epochs: 7 };

impl Ledger {
    fn start(&self, disk: &Disk, fence: u8) -> Process {
        let mut process = Process { phase: Phase::Open, todo: Vec::new(), handed: disk.used, reserved: disk.used };
        let admitted = disk.epoch == fence || disk.epoch == fence + 1;
        if self.fenced && !admitted {
            process.phase = Phase::Refused;
            return process;
        }
        if disk.epoch != fence {
            process.todo.push(Write::Fence(disk.epoch));
        }
        // Whatever an earlier process left open is burnt.
        let status = match disk.status.0 {
            Status::Open if self.burns => Status::Interrupted,
            Status::Open => Status::Sealed,
            other => other,
        };
        let epoch = disk.epoch + 1;
        process.todo.push(Write::State { status: Stands(status), used: disk.used, epoch });
        process.todo.push(Write::Fence(epoch));
        if (Disk { status: Stands(status), ..*disk }).is_spent() {
            process.todo.push(Write::Wipe);
        }
        process
    }
}

impl Model for Ledger {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let disk = Disk { status: Stands(Status::Sealed), used: 0, epoch: 1, key: true };
        let handed = [0; ITEMS as usize];
        let (copy, process) = (None, None);
        vec![State { disk, fence: 1, copy, process, handed, aborted: false, restored: false, crashes: 0 }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        let Some(p) = &state.process else {
            actions.push(Action::Start);
            actions.extend(state.copy.is_some().then_some(Action::Restore));
            return;
        };
        if state.crashes < self.crashes {
            actions.push(Action::Crash);
        }
        if self.copies && state.copy.is_none() {
            actions.push(Action::Copy);
        }
        if !p.todo.is_empty() {
            actions.push(Action::Step);
            return;
        }
        match p.phase {
            Phase::Open if state.disk.status.0 == Status::Sealed && !state.disk.is_spent() => actions.push(Action::Use),
            Phase::Using => {
                actions.extend((p.handed < ITEMS).then_some(Action::Take));
                actions.extend([Action::Close, Action::Fail]);
            }
            _ => {}
        }
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut state = last.clone();
        let (disk, fence) = (state.disk, state.fence);
        match action {
            Action::Start => state.process = Some(self.start(&disk, fence)),
            Action::Copy => state.copy = Some(disk),
            Action::Restore => {
                state.disk = state.copy.take()?;
                state.restored = true;
            }
            Action::Crash => {
                state.process = None;
                state.crashes += 1;
            }
            Action::Use => {
                let p = state.process.as_mut()?;
                let used = (disk.used + self.stride).min(ITEMS);
                let epoch = disk.epoch + 1;
                p.todo.extend([Write::State { status: Stands(Status::Open), used, epoch }, Write::Fence(epoch)]);
                (p.phase, p.handed, p.reserved) = (Phase::Using, disk.used, used);
            }
            Action::Take => {
                let p = state.process.as_mut()?;
                if p.handed == p.reserved && self.stride > 0 {
                    p.reserved = (p.reserved + self.stride).min(ITEMS);
                    let (status, epoch) = (Stands(Status::Open), disk.epoch);
                    p.todo.push(Write::State { status, used: p.reserved, epoch });
                }
                p.todo.push(Write::Hand(p.handed));
                p.handed += 1;
                if self.stride == 0 {
                    let (status, epoch) = (Stands(Status::Open), disk.epoch);
                    p.todo.push(Write::State { status, used: p.handed, epoch });
                }
            }
            Action::Close => {
                let p = state.process.as_mut()?;
                let status = Stands(Status::Sealed);
                p.todo.push(Write::State { status, used: p.handed, epoch: disk.epoch });
                if p.handed == ITEMS {
                    p.todo.push(Write::Wipe);
                }
                p.phase = Phase::Open;
            }
            Action::Fail => {
                let p = state.process.as_mut()?;
                let dead = Write::State { status: Stands(Status::Failed), used: disk.used, epoch: disk.epoch };
                let order = [dead, Write::Wipe, Write::Abort];
                let told_first = [Write::Abort, dead, Write::Wipe];
                p.todo.extend(if self.tombstone_first { order } else { told_first });
                p.phase = Phase::Open;
            }
            Action::Step => {
                let p = state.process.as_mut()?;
                match p.todo.remove(0) {
                    Write::State { status, used, epoch } => state.disk = Disk { status, used, epoch, ..disk },
                    Write::Fence(epoch) => state.fence = epoch,
                    Write::Wipe => state.disk.key = false,
                    Write::Hand(item) => state.handed[usize::from(item)] += 1,
                    Write::Abort => state.aborted = true,
                }
            }
        }
        Some(state)
    }

    fn within_boundary(&self, state: &State) -> bool {
        state.disk.epoch <= self.epochs
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("no item is handed out twice", |_, s: &State| s.handed.iter().all(|k| *k <= 1)),
            Property::always("who was told of an abort was told by a dead ledger", |_, s: &State| {
                !s.aborted || s.restored || (s.disk.status.0 == Status::Failed && !s.disk.key)
            }),
            Property::always("nothing is used after an abort", |_, s: &State| {
                !s.aborted || s.process.as_ref().is_none_or(|p| p.phase != Phase::Using)
            }),
            Property::always("a segment that serves nobody has no key any more", |_, s: &State| {
                let settled = s.process.as_ref().is_some_and(|p| p.todo.is_empty() && p.phase == Phase::Open);
                !(settled && s.disk.is_spent() && s.disk.key)
            }),
            Property::sometimes("all items are handed out", |_, s: &State| s.handed.iter().all(|k| *k == 1)),
            Property::sometimes("a segment is used, closed and used again", |_, s: &State| {
                let again = s.process.as_ref().is_some_and(|p| p.phase == Phase::Using && p.todo.is_empty());
                again && s.handed[0] == 1 && s.disk.used > 1 && s.crashes == 1
            }),
            Property::sometimes("an old copy is refused", |_, s: &State| {
                s.process.as_ref().is_some_and(|p| p.phase == Phase::Refused)
            }),
            Property::eventually("a started ledger is open, refused or gone", |_, s: &State| {
                s.crashes > 0 || s.process.as_ref().is_some_and(|p| p.todo.is_empty())
            }),
        ]
    }
}

#[test]
fn every_life_of_a_ledger_keeps_its_promises() {
    let checker = SHIPPED.checker().spawn_bfs().join();
    println!("{} states", checker.unique_state_count());
    checker.assert_properties();
    assert!(checker.unique_state_count() > 1000);
}

/// Against crashes alone cursors that run ahead are enough, or the burning of what was open.
#[test]
fn one_of_two_defences_against_crashes_is_enough() {
    for ledger in [Ledger { stride: 0, ..SHIPPED }, Ledger { burns: false, ..SHIPPED }] {
        let checker = Ledger { copies: false, ..ledger }.checker().spawn_bfs().join();
        assert!(checker.discovery("no item is handed out twice").is_none());
    }
}

/// A model that finds nothing on a ledger without its ideas would show nothing.
#[test]
fn every_flaw_is_found() {
    let found = |flawed: Ledger, property: &'static str| {
        let checker = flawed.checker().spawn_bfs().join();
        assert!(checker.discovery(property).is_some(), "{property}");
    };
    found(Ledger { stride: 0, burns: false, ..SHIPPED }, "no item is handed out twice");
    found(Ledger { burns: false, ..SHIPPED }, "no item is handed out twice");
    found(Ledger { fenced: false, ..SHIPPED }, "no item is handed out twice");
    found(Ledger { tombstone_first: false, ..SHIPPED }, "who was told of an abort was told by a dead ledger");
}
