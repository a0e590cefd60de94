//! Ending deliveries and making leases last, shard by shard.

use crate::clock::Millis;
use crate::error::Result;
use crate::store::{Ending, Outcome, Store};
use crate::token::Token;

use super::Sharded;
use super::retold::Named;
use super::split::{Joined, Part, split};

impl<S: Store> Sharded<S> {
    pub(super) fn finish_parts(&self, endings: Vec<Ending>) -> Result<Vec<Result<()>>> {
        let mut joined = Joined::of(endings.len());
        let mut inside = Vec::with_capacity(endings.len());
        for (place, ending) in endings.into_iter().enumerate() {
            let shard = self.placement.of_job(ending.token.job);
            match self.ending_inside(ending) {
                Ok(ending) => inside.push((shard, place, ending)),
                // Each ending is by itself: the others go their way.
                Err(error) => joined.put(&[place], [Err(error)]),
            }
        }
        self.each(split(inside), &mut joined, |shard, endings| shard.finish(endings))?;
        joined.all()
    }

    pub(super) fn extend_parts(
        &self,
        tokens: Vec<Token>,
        lease: Millis,
    ) -> Result<Vec<Result<()>>> {
        let mut joined = Joined::of(tokens.len());
        let inside = tokens.into_iter().enumerate().map(|(place, token)| {
            let named = Named { token: Some(token), ..Named::default() };
            let inside = self.placement.token_inside(token);
            (self.placement.of_job(token.job), place, (inside, named))
        });
        self.each(split(inside), &mut joined, |shard, tokens| shard.extend(tokens, lease))?;
        joined.all()
    }

    /// Readies an ending for its shard, with what an error of it may name.
    fn ending_inside(&self, ending: Ending) -> Result<(Ending, Named)> {
        let Ending { token, mut outcome } = ending;
        let mut named = Named { token: Some(token), ..Named::default() };
        if let Outcome::Complete { then, .. } = &mut outcome {
            named.parents.extend(then.iter().filter_map(|job| job.after));
            let followers = std::mem::take(then).into_iter();
            let inside = followers.map(|job| self.placement.follower_inside(token.job, job));
            *then = inside.collect::<Result<_>>()?;
        }
        Ok((Ending { token: self.placement.token_inside(token), outcome }, named))
    }

    /// Carries out a call in which each item has a result of its own. A shard that fails as a whole
    /// fails the call only if no other is asked: else it fails its own items.
    fn each<T>(
        &self,
        parts: Vec<Part<(T, Named)>>,
        joined: &mut Joined<Result<()>>,
        call: impl Fn(&S, Vec<T>) -> Result<Vec<Result<()>>>,
    ) -> Result<()> {
        let is_one = parts.len() == 1;
        for Part { shard, places, items } in parts {
            let (items, named): (Vec<_>, Vec<_>) = items.into_iter().unzip();
            match call(&self.shards[shard], items) {
                Ok(results) => {
                    let retell = |(result, named): (Result<()>, Named)| {
                        result.map_err(|error| named.retell(error, self.placement))
                    };
                    joined.put(&places, results.into_iter().zip(named).map(retell));
                }
                Err(error) if is_one => return Err(error),
                Err(error) => joined.put(&places, named.iter().map(|_| Err(error.clone()))),
            }
        }
        Ok(())
    }
}
