//! What must be found after power loss, told from the ledger as it stood when the power went.

use std::collections::{BTreeMap, BTreeSet};

use fairlane::JobInfo;
use fairlane::store::Dump;

use super::checker::History;
use super::ledger::{Call, Deed, Moment, Outcome};

/// What a queue holds, by payload: which job it is.
pub fn contents(dump: &Dump) -> BTreeMap<String, u64> {
    let entry = |job: &JobInfo| (String::from_utf8_lossy(&job.payload).into_owned(), job.id.0);
    dump.jobs.iter().chain(&dump.dead).map(|(job, _)| entry(job)).collect()
}

/// Gives the acknowledged pushes that are not there, though nobody began to complete or cancel them.
pub fn lost(calls: &[Call], found: &BTreeMap<String, u64>) -> Vec<String> {
    let ledgers = [calls.to_vec()];
    let history = History::of(&ledgers);
    let parents = history.parents();
    let is_lost = |call: &&Call| match (&call.deed, &call.outcome) {
        (Deed::Push { payload, .. }, Some((_, Outcome::Pushed { job }))) => {
            found.get(payload) != Some(job) && !history.may_be_gone(*job, &parents, Moment::MAX)
        }
        _ => false,
    };
    ledgers[0].iter().filter(is_lost).map(|call| format!("{:?}", call.deed)).collect()
}

/// Gives the completions with follow-ups of which only a half is there.
pub fn halved(calls: &[Call], found: &BTreeMap<String, u64>) -> Vec<String> {
    let ids: BTreeSet<u64> = found.values().copied().collect();
    let ledgers = [calls.to_vec()];
    let delivered: BTreeSet<&str> = ledgers[0]
        .iter()
        .filter_map(|call| match &call.outcome {
            Some((_, Outcome::Popped { jobs })) => Some(jobs),
            _ => None,
        })
        .flatten()
        .map(|job| job.payload.as_str())
        .collect();
    let is_halved = |call: &&Call| match &call.deed {
        Deed::Complete { of, then } if call.may_be_done() && !then.is_empty() => {
            let is_there = |follow_up: &String| found.contains_key(follow_up);
            let is_begun = |follow_up: &String| delivered.contains(follow_up.as_str());
            if ids.contains(&of.job) {
                then.iter().any(is_there)
            } else {
                !then.iter().all(|follow_up| is_there(follow_up) || is_begun(follow_up))
            }
        }
        _ => false,
    };
    ledgers[0].iter().filter(is_halved).map(|call| format!("{:?}", call.deed)).collect()
}

/// Gives what the queue held after each deed of a single thread, and how many deeds had been
/// acknowledged by the last acknowledged push. The last state is that of a deed under way.
pub fn states(calls: &[Call]) -> (Vec<BTreeSet<String>>, usize) {
    let payloads: BTreeMap<u64, &str> = calls
        .iter()
        .filter_map(|call| match &call.outcome {
            Some((_, Outcome::Popped { jobs })) => Some(jobs),
            _ => None,
        })
        .flatten()
        .map(|job| (job.of.job, job.payload.as_str()))
        .collect();
    let mut states = vec![BTreeSet::new()];
    let mut durable = 0;
    for call in calls {
        let mut state = states[states.len() - 1].clone();
        match &call.deed {
            Deed::Push { payload, .. } => {
                state.insert(payload.clone());
            }
            Deed::Complete { of, then } if call.may_be_done() => {
                state.remove(payloads[&of.job]);
                state.extend(then.iter().cloned());
            }
            _ => {}
        }
        states.push(state);
        if matches!(call.outcome, Some((_, Outcome::Pushed { .. }))) {
            durable = states.len() - 1;
        }
    }
    (states, durable)
}
