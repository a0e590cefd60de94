//! A clock that was set back.

use crate::clock::Millis;
use crate::store::sqlite::call::Call;
use crate::store::sqlite::step::Step;

impl Call<'_> {
    /// Moves every future moment back by what the clock was set back, so that what remained to wait
    /// still remains.
    pub(super) fn shift_moments(&mut self, by: Millis) -> Step<()> {
        self.touch();
        self.book()?;
        self.flush()?;
        let (first, last) = self.queue.job_range();
        let queue = self.queue.id;
        let updates: [(&str, &[i64]); 9] = [
            (
                "UPDATE fairlane_place SET lease_until = lease_until - ?2 WHERE rank = -1
                 AND lane IN (SELECT id FROM fairlane_lane WHERE queue = ?1)",
                &[queue, by],
            ),
            (
                "UPDATE fairlane_job SET due_at = due_at - ?3, key_until = key_until - ?3
                 WHERE id BETWEEN ?1 AND ?2",
                &[first, last, by],
            ),
            ("UPDATE fairlane_delayed SET due_at = due_at - ?2 WHERE queue = ?1", &[queue, by]),
            ("UPDATE fairlane_key SET held_until = held_until - ?2 WHERE queue = ?1", &[queue, by]),
            (
                "UPDATE fairlane_hold SET kept_until = kept_until - ?2, ends_at = ends_at - ?2
                 WHERE queue = ?1",
                &[queue, by],
            ),
            (
                "UPDATE fairlane_result SET kept_until = kept_until - ?2 WHERE queue = ?1",
                &[queue, by],
            ),
            ("UPDATE fairlane_dead SET key_until = key_until - ?2 WHERE queue = ?1", &[queue, by]),
            (
                "UPDATE fairlane_lane SET wakes_at = wakes_at - ?2,
                 throttled_until = max(throttled_until - ?2, 0) WHERE queue = ?1",
                &[queue, by],
            ),
            (
                "UPDATE fairlane_schedule SET next_at = next_at - ?2
                 WHERE queue = ?1 AND cron IS NULL",
                &[queue, by],
            ),
        ];
        for (text, values) in updates {
            self.sql.execute(text, rusqlite::params_from_iter(values))?;
        }
        self.shift_starts(by)?;
        self.queue.gate.throttled_until = (self.queue.gate.throttled_until - by).max(0);
        self.queue.due = self.queue.due.saturating_sub(by);
        self.queue.lease_due = self.queue.lease_due.saturating_sub(by);
        self.forget_all();
        Ok(())
    }

    /// Moves remembered starts back. Taken out and put in again, because a moment that is moved in
    /// place could meet one that is still to be moved.
    fn shift_starts(&self, by: Millis) -> Step<()> {
        let starts = self
            .sql
            .prepare(
                "DELETE FROM fairlane_start WHERE gate = -?1
                 OR gate IN (SELECT id FROM fairlane_lane WHERE queue = ?1)
                 RETURNING gate, at, cost",
            )?
            .query_map([self.queue.id], |row| Ok([row.get(0)?, row.get(1)?, row.get(2)?]))?
            .collect::<rusqlite::Result<Vec<[i64; 3]>>>()?;
        let mut insert =
            self.sql.prepare("INSERT INTO fairlane_start (gate, at, cost) VALUES (?1, ?2, ?3)")?;
        for [gate, at, cost] in starts {
            insert.execute([gate, at - by, cost])?;
        }
        Ok(())
    }
}
