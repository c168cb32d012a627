//! What there is to attack: every message that a coalition sends and receives when nobody deviates, recorded from an
//! honest run. Strategies are checked against it before they are run.

use transport::sim::{Adversary, Envelope};
use transport::{PartyId, PartySet, StepLabel};

use super::language::Direction;
use crate::fields::FieldId;
use crate::items::Layout;

/// One message of the coalition, in one step, between two parties.
#[derive(Clone, Debug)]
pub struct Place {
    /// Whether the coalition sends it or receives it.
    pub direction: Direction,
    /// Its sender.
    pub from: PartyId,
    /// Its receiver, which may be an ideal functionality.
    pub to: PartyId,
    /// Its step.
    pub step: StepLabel,
    /// Its name.
    pub message: &'static str,
    /// What its items are.
    pub layout: Layout,
    /// How many items its first frame has.
    pub items: usize,
    /// How many frames carry it.
    pub frames: usize,
}

/// Everything a coalition sends and receives in an honest run, and what passes it by.
#[derive(Clone, Debug)]
pub struct Surface {
    /// The number of parties.
    pub parties: usize,
    /// The coalition.
    pub corrupt: PartySet,
    /// The field of the run.
    pub field: FieldId,
    /// What it sends and receives.
    pub places: Vec<Place>,
    /// What honest parties say to each other and to ideal functionalities: nothing a strategy may use.
    pub hidden: Vec<Place>,
}

/// An adversary that changes nothing and remembers every frame of the coalition.
#[derive(Default)]
pub struct Recorder {
    /// The frames, in order, as they were delivered.
    pub frames: Vec<(Direction, Envelope)>,
}

impl Adversary for Recorder {
    fn outgoing(&mut self, e: Envelope, deliver: &mut Vec<Envelope>) {
        self.frames.push((Direction::Sent, e.clone()));
        deliver.push(e);
    }
    fn incoming(&mut self, e: Envelope, deliver: &mut Vec<Envelope>) {
        self.frames.push((Direction::Received, e.clone()));
        deliver.push(e);
    }
}

impl Surface {
    /// Records the surface of a protocol: `run` runs it once with this coalition, which plays along with this adversary.
    /// What honest parties say among themselves is found by running it with each of them as the coalition.
    pub fn record(
        parties: usize,
        corrupt: PartySet,
        field: FieldId,
        mut run: impl FnMut(PartySet, &mut dyn Adversary),
    ) -> Self {
        let mut of = |coalition: PartySet| {
            let mut recorder = Recorder::default();
            run(coalition, &mut recorder);
            let mut places: Vec<Place> = Vec::new();
            for (direction, e) in recorder.frames {
                let step = e.frame.step.label();
                let same = |p: &&mut Place| {
                    (p.direction, p.from, p.to, p.message) == (direction, e.from, e.to, e.frame.meta.name)
                        && p.step == step
                };
                match places.iter_mut().find(same) {
                    Some(place) => place.frames += 1,
                    None => {
                        let layout = Layout::of(&e, field);
                        places.push(Place {
                            direction,
                            from: e.from,
                            to: e.to,
                            message: e.frame.meta.name,
                            layout,
                            items: layout.count(&e.frame.body),
                            step,
                            frames: 1,
                        });
                    }
                }
            }
            places
        };
        let places = of(corrupt);
        let honest = PartySet::all(parties).without(corrupt);
        let unheard =
            |p: &Place| p.direction == Direction::Sent && !corrupt.contains(p.from) && !corrupt.contains(p.to);
        let hidden = honest.iter().flat_map(|p| of(PartySet::of(&[p.index()]))).filter(unheard).collect();
        Self { parties, corrupt, field, places, hidden }
    }
}
