//! A call that is split over shards, and its results, joined in the order of the call.

use crate::error::{Error, ErrorCode, Result};

/// What of a call is for one shard: each item with its place in the call.
pub(super) struct Part<T> {
    pub(super) shard: usize,
    pub(super) places: Vec<usize>,
    pub(super) items: Vec<T>,
}

/// Splits a call by shard. Parts come in the order of the shards; what of the call is for one shard
/// keeps its order.
pub(super) fn split<T>(items: impl IntoIterator<Item = (usize, usize, T)>) -> Vec<Part<T>> {
    let mut parts: Vec<Part<T>> = Vec::new();
    for (shard, place, item) in items {
        let at = parts.binary_search_by_key(&shard, |part| part.shard).unwrap_or_else(|at| {
            parts.insert(at, Part { shard, places: Vec::new(), items: Vec::new() });
            at
        });
        parts[at].places.push(place);
        parts[at].items.push(item);
    }
    parts
}

/// The results of a call, each in its place.
pub(super) struct Joined<R>(Vec<Option<R>>);

impl<R> Joined<R> {
    pub(super) fn of(count: usize) -> Self {
        Self((0..count).map(|_| None).collect())
    }

    pub(super) fn put(&mut self, places: &[usize], results: impl IntoIterator<Item = R>) {
        for (place, result) in places.iter().zip(results) {
            if let Some(found) = self.0.get_mut(*place) {
                *found = Some(result);
            }
        }
    }

    /// Gives the results.
    ///
    /// # Errors
    /// `Internal` if a shard gave fewer than it was asked for.
    pub(super) fn all(self) -> Result<Vec<R>> {
        let missing =
            || Error::new(ErrorCode::Internal, "a shard gave fewer results than it was asked for");
        self.0.into_iter().map(|result| result.ok_or_else(missing)).collect()
    }
}
