//! Errors that name a job as its shard knows it, told again with its id.

use crate::error::Error;
use crate::token::{JobId, Token};

use super::placement::Placement;

/// What the error of a shard may name.
#[derive(Default)]
pub(super) struct Named {
    pub(super) token: Option<Token>,
    pub(super) parents: Vec<JobId>,
    /// The job that was asked after.
    pub(super) asked: Option<JobId>,
}

impl Named {
    /// Tells an error of a shard in the ids that the caller knows.
    pub(super) fn retell(&self, error: Error, placement: Placement) -> Error {
        let of_token = self.token.into_iter().flat_map(|token| {
            let inside = placement.token_inside(token);
            [(inside.stale(), token.stale()), (inside.foreign(), token.foreign())]
        });
        let of_parents = self.parents.iter().map(|parent| {
            let inside = placement.inside(*parent);
            (inside.never_pushed(), parent.never_pushed())
        });
        let of_asked = self.asked.iter().map(|id| (placement.inside(*id).unknown(), id.unknown()));
        let retold =
            of_token.chain(of_parents).chain(of_asked).find(|(inside, _)| *inside == error);
        retold.map_or(error, |(_, outside)| outside)
    }
}
