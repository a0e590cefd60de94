use fairlane::{Schedule, schedule};
use pyo3::prelude::*;

use crate::backoff_policy::Policy;
use crate::door;
use crate::number::Integer;
use crate::payload::Payload;
use crate::queue::Queue;
use crate::schedule_info::ScheduleInfo;
use crate::settings::Settings;
use crate::text::Text;
use crate::time::Seconds;

#[pymethods]
impl Queue {
    /// Push a job at every tick of a schedule, from now on and until `unschedule`.
    ///
    /// The schedule is kept in the store. One of the same name is replaced; if nothing differs it
    /// stays as it is, so that every process of a program may call this when it starts. Each tick is
    /// pushed once, by whichever process pops, waits for a job or calls dethrottle first when it comes.
    ///
    /// - payload, lane, priority, cost, key, key_ttl, max_tries, backoff: of the jobs, as push has
    ///   them. With a key, a tick pushes nothing while a job of an earlier one is queued or running.
    /// - cron: "minute hour day-of-month month day-of-week", with seconds before that if there are six
    ///   fields; or a name such as "@daily". Or every: seconds from tick to tick.
    /// - timezone: whose clock cron means, such as "Europe/Berlin".
    /// - catch_up: what becomes of ticks at which no process was there: "one" push for all of them,
    ///   "skip", or "all": one each, at most 1000.
    ///
    /// Raises InvalidArgumentError, PayloadTooLargeError.
    #[pyo3(
        signature = (
            name, payload, lane=Text(fairlane::DEFAULT_LANE), *, cron=None, every=None,
            timezone=Text(schedule::DEFAULT_TIMEZONE), catch_up=Text("one"),
            priority=Integer(fairlane::DEFAULT_PRIORITY), cost=Integer(1), key=None,
            key_ttl=Seconds(0.0), max_tries=Integer(fairlane::DEFAULT_MAX_TRIES), backoff=None
        ),
        text_signature = "($self, name, payload, lane='default', *, cron=None, every=None, \
            timezone='UTC', catch_up='one', priority=1, cost=1, key=None, key_ttl=0.0, \
            max_tries=10, backoff=None)"
    )]
    #[expect(clippy::too_many_arguments, reason = "one a setting, all but three by name")]
    fn schedule(
        &self,
        py: Python<'_>,
        name: Text<'_>,
        payload: Payload,
        lane: Text<'_>,
        cron: Option<Text<'_>>,
        every: Option<Seconds>,
        timezone: Text<'_>,
        catch_up: Text<'_>,
        priority: Integer,
        cost: Integer,
        key: Option<Text<'_>>,
        key_ttl: Seconds,
        max_tries: Integer,
        backoff: Option<Policy>,
    ) -> PyResult<()> {
        let every = every.map(|every| every.millis("every")).transpose()?;
        let timing = schedule::timing(cron.map(|Text(cron)| cron), every, timezone.0);
        let settings = Settings {
            lane,
            priority,
            tps: None,
            rate: None,
            delay: None,
            at: None,
            cost,
            key,
            key_ttl,
            max_tries,
            backoff,
            after: None,
            headers: None,
        };
        let schedule = Schedule::new(name.0, timing.map_err(door::raise)?, settings.job(payload)?)
            .catch_up(catch_up.0.parse().map_err(door::raise)?);
        door::call(py, || self.0.schedule(schedule))
    }

    /// End a schedule; tell whether there was one. Jobs that it has pushed stay.
    fn unschedule(&self, py: Python<'_>, name: Text<'_>) -> PyResult<bool> {
        door::call(py, || self.0.unschedule(name.0))
    }

    /// List the schedules by name.
    fn schedules(&self, py: Python<'_>) -> PyResult<Vec<ScheduleInfo>> {
        let schedules = door::call(py, || self.0.schedules())?;
        Ok(schedules.into_iter().map(ScheduleInfo::from).collect())
    }
}
