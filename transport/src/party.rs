//! Who takes part: party identities, sets of parties, one value per party.

use std::fmt;
use std::ops::{Index, IndexMut};

/// One party of a session, `P0` … `P(n-1)`; never a bare integer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartyId(u8);

impl PartyId {
    /// The trusted program of an ideal functionality. Exists in the simulator only and is no member of [`Parties`].
    pub const IDEAL: Self = Self(u8::MAX);

    /// The party with this index. Panics above [`Parties::MAX`].
    #[must_use]
    pub const fn new(index: usize) -> Self {
        assert!(index < Parties::MAX, "party index out of range");
        Self(index as u8)
    }
    /// The position among the sorted parties.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

impl fmt::Display for PartyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::IDEAL { f.write_str("ideal") } else { write!(f, "P{}", self.0) }
    }
}
impl fmt::Debug for PartyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The parties of a session: how many, and their names for messages to people.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Parties {
    names: Vec<String>,
}

impl Parties {
    /// The largest number of parties this suite runs with.
    pub const MAX: usize = 16;

    /// `n` parties called `P0`, `P1`, … Panics unless `2 ≤ n ≤ MAX`.
    #[must_use]
    pub fn anonymous(n: usize) -> Self {
        Self::named((0..n).map(|i| format!("P{i}")).collect())
    }
    /// Parties with names, in the order that all of them share. Panics unless `2 ≤ n ≤ MAX`.
    #[must_use]
    pub fn named(names: Vec<String>) -> Self {
        assert!((2..=Self::MAX).contains(&names.len()), "a session has 2 to {} parties", Self::MAX);
        Self { names }
    }
    /// The number of parties.
    #[must_use]
    pub fn n(&self) -> usize {
        self.names.len()
    }
    /// All parties in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = PartyId> + ExactSizeIterator + use<> {
        (0..self.names.len()).map(PartyId::new)
    }
    /// The name people know a party by.
    #[must_use]
    pub fn name(&self, p: PartyId) -> &str {
        self.names.get(p.index()).map_or("ideal", String::as_str)
    }
    /// The party of this name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<PartyId> {
        self.names.iter().position(|n| n == name).map(PartyId::new)
    }
}

/// One value for each party, indexed by [`PartyId`].
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PerParty<T>(Vec<T>);

impl<T> PerParty<T> {
    /// The value of each of `n` parties from its id.
    pub fn from_fn(n: usize, f: impl FnMut(PartyId) -> T) -> Self {
        Self((0..n).map(PartyId::new).map(f).collect())
    }
    /// From values in party order.
    #[must_use]
    pub fn from_vec(values: Vec<T>) -> Self {
        Self(values)
    }
    /// Parties and their values in order.
    pub fn iter(&self) -> impl Iterator<Item = (PartyId, &T)> {
        self.0.iter().enumerate().map(|(i, v)| (PartyId::new(i), v))
    }
    /// The values in party order.
    pub fn values(&self) -> impl ExactSizeIterator<Item = &T> {
        self.0.iter()
    }
    /// The values in party order.
    #[must_use]
    pub fn into_vec(self) -> Vec<T> {
        self.0
    }
    /// How many parties there are.
    #[must_use]
    pub fn n(&self) -> usize {
        self.0.len()
    }
}
impl<T> Index<PartyId> for PerParty<T> {
    type Output = T;
    fn index(&self, p: PartyId) -> &T {
        &self.0[p.index()]
    }
}
impl<T> IndexMut<PartyId> for PerParty<T> {
    fn index_mut(&mut self, p: PartyId) -> &mut T {
        &mut self.0[p.index()]
    }
}

/// A set of parties, such as a coalition.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct PartySet(u32);

impl PartySet {
    /// Nobody.
    pub const EMPTY: Self = Self(0);

    /// The set of these parties.
    #[must_use]
    pub fn of(parties: &[usize]) -> Self {
        Self(parties.iter().fold(0, |s, p| s | 1 << PartyId::new(*p).index()))
    }
    /// All of `n` parties.
    #[must_use]
    pub fn all(n: usize) -> Self {
        Self((1 << n) - 1)
    }
    /// Adds a party.
    pub fn insert(&mut self, p: PartyId) {
        self.0 |= 1 << p.index();
    }
    /// Takes a party out.
    pub fn remove(&mut self, p: PartyId) {
        self.0 &= !(1 << p.index());
    }
    /// The members that `other` does not have.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
    /// The members that `other` has too.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
    /// Whether `p` is in the set; [`PartyId::IDEAL`] never is.
    #[must_use]
    pub fn contains(self, p: PartyId) -> bool {
        p != PartyId::IDEAL && self.0 >> p.index() & 1 == 1
    }
    /// How many parties are in it.
    #[must_use]
    pub fn len(self) -> usize {
        self.0.count_ones() as usize
    }
    /// Whether nobody is in it.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
    /// The members in order.
    pub fn iter(mut self) -> impl Iterator<Item = PartyId> {
        std::iter::from_fn(move || {
            let first = self.first()?;
            self.remove(first);
            Some(first)
        })
    }
    /// The first member.
    #[must_use]
    pub fn first(self) -> Option<PartyId> {
        (!self.is_empty()).then(|| PartyId::new(self.0.trailing_zeros() as usize))
    }
    /// Every set of at most `t` of `n` parties, the empty one included, smaller sets first.
    #[must_use]
    pub fn up_to(t: usize, n: usize) -> Vec<Self> {
        let mut all: Vec<Self> = (0..1u32 << n).map(Self).filter(|s| s.len() <= t).collect();
        all.sort_by_key(|s| (s.len(), s.0));
        all
    }
}
impl fmt::Debug for PartySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}
impl fmt::Display for PartySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<String> = self.iter().map(|p| p.to_string()).collect();
        write!(f, "{{{}}}", names.join(","))
    }
}
