//! Holds of keys.

use rusqlite::{OptionalExtension, params};

use crate::clock::Millis;
use crate::store::sqlite::call::Call;
use crate::store::sqlite::step::Step;
use crate::store::{Held, HoldDump, NewHold, Owner};

impl Call<'_> {
    /// Takes keys that nobody else holds. For each that is taken a few go whose time is over, so that
    /// they never pile up.
    pub(super) fn hold(&mut self, holds: &[NewHold], lease: Millis) -> Step<Vec<bool>> {
        self.touch();
        let generation = self.hold_generation()?;
        let mut taken = Vec::with_capacity(holds.len());
        for NewHold { key, owner, backoff } in holds {
            let there = self
                .sql
                .prepare_cached(
                    "SELECT owner FROM fairlane_hold WHERE queue = ?1 AND generation = ?2
                     AND name = ?3 AND ends_at > ?4",
                )?
                .query_row(params![self.queue.id, generation, key, self.now], |row| row.get(0))
                .optional()?;
            if let Some(other) = there {
                taken.push(owner_of(other) == *owner);
                continue;
            }
            let kept_until = self.now + backoff;
            self.sql
                .prepare_cached(
                    "INSERT OR REPLACE INTO fairlane_hold
                     (queue, generation, name, owner, kept_until, ends_at)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                )?
                .execute(params![
                    self.queue.id,
                    generation,
                    key,
                    stored(*owner),
                    kept_until,
                    kept_until.max(self.now + lease)
                ])?;
            taken.push(true);
        }
        self.forget_ended_holds(2 * holds.len() as i64)?;
        Ok(taken)
    }

    /// Makes holds last from now.
    pub(super) fn keep(&mut self, holds: &[Held], lease: Millis) -> Step<Vec<bool>> {
        self.change_holds(
            holds,
            "UPDATE fairlane_hold SET ends_at = max(kept_until, ?4 + ?6)
             WHERE queue = ?1 AND generation = ?2 AND name = ?3 AND owner = ?5 AND ends_at > ?4",
            lease,
        )
    }

    /// Ends holds, each when its time is over too if the work was done.
    pub(super) fn let_go(&mut self, holds: &[Held], is_done: bool) -> Step<()> {
        self.change_holds(
            holds,
            "UPDATE fairlane_hold SET ends_at = iif(?6, kept_until, ?4)
             WHERE queue = ?1 AND generation = ?2 AND name = ?3 AND owner = ?5 AND ends_at > ?4",
            i64::from(is_done),
        )?;
        self.forget_ended_holds(2 * holds.len() as i64)?;
        Ok(())
    }

    fn change_holds(&mut self, holds: &[Held], text: &str, value: i64) -> Step<Vec<bool>> {
        self.touch();
        let generation = self.hold_generation()?;
        let mut update = self.sql.prepare_cached(text)?;
        let mut change = |held: &Held| {
            let owner = stored(held.owner);
            let values = params![self.queue.id, generation, held.key, self.now, owner, value];
            Ok(update.execute(values)? > 0)
        };
        holds.iter().map(&mut change).collect()
    }

    /// Ends all holds: those of earlier generations mean nothing any more.
    pub(super) fn bump_holds(&mut self) -> Step<()> {
        self.touch();
        self.sql
            .prepare_cached(
                "INSERT INTO fairlane_hold_generation (queue, generation) VALUES (?1, 1)
                 ON CONFLICT (queue) DO UPDATE SET generation = generation + 1",
            )?
            .execute([self.queue.id])?;
        Ok(())
    }

    fn hold_generation(&self) -> Step<i64> {
        let generation = self
            .sql
            .prepare_cached("SELECT generation FROM fairlane_hold_generation WHERE queue = ?1")?
            .query_row([self.queue.id], |row| row.get(0))
            .optional()?;
        Ok(generation.unwrap_or(0))
    }

    /// Forgets up to `count` holds whose time is over, and as many of earlier generations.
    pub(super) fn forget_ended_holds(&self, count: i64) -> Step<()> {
        self.sql
            .prepare_cached(
                "DELETE FROM fairlane_hold WHERE (queue, generation, name) IN
                 (SELECT queue, generation, name FROM fairlane_hold
                  WHERE queue = ?1 AND ends_at <= ?2 LIMIT ?3)",
            )?
            .execute([self.queue.id, self.now, count])?;
        self.sql
            .prepare_cached(
                "DELETE FROM fairlane_hold WHERE (queue, generation, name) IN
                 (SELECT queue, generation, name FROM fairlane_hold
                  WHERE queue = ?1 AND generation < ?2 LIMIT ?3)",
            )?
            .execute([self.queue.id, self.hold_generation()?, count])?;
        Ok(())
    }

    /// Lists the holds that are not over.
    pub(super) fn holds(&self) -> Step<Vec<HoldDump>> {
        let holds = self
            .sql
            .prepare_cached(
                "SELECT name, owner, kept_until, ends_at FROM fairlane_hold
                 WHERE queue = ?1 AND generation = ?2 AND ends_at > ?3 ORDER BY name",
            )?
            .query_map(params![self.queue.id, self.hold_generation()?, self.now], |row| {
                Ok(HoldDump {
                    key: row.get(0)?,
                    owner: owner_of(row.get(1)?),
                    kept_until: row.get(2)?,
                    ends_at: row.get(3)?,
                })
            })?
            .collect::<rusqlite::Result<_>>()?;
        Ok(holds)
    }
}

/// A column holds signed numbers: the same bits stand for an owner.
fn stored(owner: Owner) -> i64 {
    owner.0.cast_signed()
}

fn owner_of(stored: i64) -> Owner {
    Owner(stored.cast_unsigned())
}
