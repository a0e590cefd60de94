use fairlane::BackoffPolicy;
use fairlane::backoff::MAX_BACKOFF;
use wasm_bindgen::prelude::*;

use crate::errors::{Outcome, raise};
use crate::given::Given;
use crate::row::{moment, number, row};

/// Counts attempts and tells how many milliseconds to wait before the next one.
#[wasm_bindgen]
pub struct Backoff(fairlane::Backoff);

#[wasm_bindgen]
impl Backoff {
    /// Makes one of its settings.
    #[wasm_bindgen(constructor)]
    pub fn new(settings: JsValue) -> Outcome<Self> {
        let given = Given::new("settings", settings);
        let defaults = fairlane::Backoff::default().policy();
        let limit = given.field("limit").optional().map(|it| it.count()).transpose()?;
        let expiration =
            given.field("expiration").optional().map(|it| it.duration()).transpose()?;
        let backoff = fairlane::Backoff::new(policy_or(&given, defaults)?, limit, expiration);
        backoff.map(Self).map_err(|error| raise(&error))
    }

    /// Gives the delay before the next attempt and counts it; null at the end.
    pub fn duration(&mut self) -> JsValue {
        moment(self.0.duration().map(fairlane::clock::millis))
    }

    /// Gives the delay after that many earlier attempts.
    #[wasm_bindgen(js_name = forAttempt)]
    pub fn for_attempt(&self, attempt: JsValue) -> Outcome<JsValue> {
        let attempt = Given::new("attempt", attempt).count()?;
        Ok(number(fairlane::clock::millis(self.0.for_attempt(attempt))))
    }

    /// Gives its settings.
    pub fn policy(&self) -> JsValue {
        show(self.0.policy())
    }

    /// Gives the number of delays handed out.
    pub fn attempt(&self) -> u32 {
        self.0.attempt()
    }

    /// Starts again from the first delay.
    pub fn reset(&mut self) {
        self.0.reset();
    }

    /// Makes a fresh one of the same settings.
    pub fn copy(&self) -> Self {
        Self(self.0.copy())
    }
}

/// Checks a policy and fills in its defaults.
#[wasm_bindgen(js_name = backoffPolicy)]
pub fn backoff_policy(settings: JsValue) -> Outcome<JsValue> {
    policy(&Given::new("settings", settings)).map(show)
}

fn show(policy: BackoffPolicy) -> JsValue {
    let BackoffPolicy { min, max, factor, jitter } = policy;
    row([number(min), number(max), factor.into(), jitter.into()]).into()
}

/// Reads a policy.
pub fn policy(given: &Given) -> Outcome<BackoffPolicy> {
    policy_or(given, BackoffPolicy::RETRY)
}

fn policy_or(given: &Given, defaults: BackoffPolicy) -> Outcome<BackoffPolicy> {
    let delay = |name, what, default| match given.field(name).optional() {
        Some(delay) => delay.named(what).span_within(0..=MAX_BACKOFF),
        None => Ok(default),
    };
    let policy = BackoffPolicy {
        min: delay("min", "backoff min", defaults.min)?,
        max: delay("max", "backoff max", defaults.max)?,
        factor: given.field("factor").optional().map_or(Ok(defaults.factor), |it| it.number())?,
        jitter: given.field("jitter").optional().map_or(Ok(defaults.jitter), |it| it.truth())?,
    };
    policy.validate().map(|()| policy).map_err(|error| raise(&error))
}
