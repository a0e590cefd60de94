//! A verb on its way: carried to its end by the package.

#[cfg(feature = "sqlite")]
use std::rc::Rc;

use fairlane::store::redis::RedisStore;
use fairlane::store::redis::protocol::Manner;
use fairlane::store::redis::replay::{Exchange, Step, Tape};
use fairlane::store::{Ask, Batch, Fate, Store};
use fairlane::{Error, ErrorCode, JobId, Queue, Result};
use wasm_bindgen::prelude::*;

use crate::errors::{Outcome, raise};
use crate::reply::reply;
use crate::request::Request;

/// What a verb does; run once for the embedded store, and with each reply for Redis.
pub type Act = Box<dyn FnMut(&Queue, &dyn Source) -> Result<JsValue>>;

type Replayed = Box<dyn FnMut(&Queue, &RedisStore<Tape>) -> Result<JsValue>>;

/// A store, as it serves who waits.
pub trait Source {
    /// Delivers as [`fairlane::store::Waiter::pop`] does.
    fn pop(&self, ask: Ask, manner: Manner) -> Result<Batch>;

    /// Looks what has become of a job; if it has not ended, its end calls that listener.
    fn fate(&self, id: JobId, listener: Option<&str>) -> Result<Fate>;
}

impl Source for RedisStore<Tape> {
    fn pop(&self, ask: Ask, manner: Manner) -> Result<Batch> {
        self.pop_as(ask, manner)
    }

    fn fate(&self, id: JobId, listener: Option<&str>) -> Result<Fate> {
        match listener {
            Some(listener) => self.await_end_as(id, listener),
            None => Store::fate(self, id),
        }
    }
}

/// A verb on its way.
#[wasm_bindgen]
pub struct Verb(Way);

enum Way {
    #[cfg(feature = "sqlite")]
    Embedded(Queue, Rc<dyn Source>, Act),
    Remote(Exchange<Replayed>),
    Done(Result<JsValue>),
}

impl Verb {
    #[cfg(feature = "sqlite")]
    pub fn embedded(queue: &Queue, source: Rc<dyn Source>, act: Act) -> Self {
        Self(Way::Embedded(queue.clone(), source, act))
    }

    pub fn remote(name: &str, options: &fairlane::QueueOptions, mut act: Act) -> Result<Self> {
        let replayed: Replayed = Box::new(move |queue, store| act(queue, store));
        Exchange::new(name, options, replayed).map(|exchange| Self(Way::Remote(exchange)))
    }
}

#[wasm_bindgen]
impl Verb {
    /// Goes on as far as the answers reach. Gives the request that needs an answer next, or
    /// undefined at the end.
    pub fn advance(&mut self) -> Option<Request> {
        let result = match &mut self.0 {
            #[cfg(feature = "sqlite")]
            Way::Embedded(queue, source, act) => act(queue, &**source),
            Way::Remote(exchange) => match exchange.advance() {
                Step::Send(request) => return Some(request.into()),
                Step::Done(result) => result,
            },
            Way::Done(_) => return None,
        };
        self.0 = Way::Done(result);
        None
    }

    /// Gives the reply to the latest request.
    pub fn answer(&mut self, answer: &JsValue) {
        self.record(reply(answer));
    }

    /// Gives the error that is told in place of a reply: a code's number, and a sentence.
    pub fn refuse(&mut self, number: i32, message: String) {
        let code = ErrorCode::ALL.into_iter().find(|code| code.number() == number);
        self.record(Err(Error::new(code.unwrap_or(ErrorCode::Internal), message)));
    }

    /// Gives what the verb gives at its end, once.
    pub fn result(&mut self) -> Outcome<JsValue> {
        match std::mem::replace(&mut self.0, Way::Done(Ok(JsValue::UNDEFINED))) {
            Way::Done(result) => result.map_err(|error| raise(&error)),
            _ => Err(raise(&Error::new(ErrorCode::Internal, "a verb has not come to its end"))),
        }
    }
}

impl Verb {
    fn record(&mut self, answer: Result<fairlane::store::redis::protocol::Reply>) {
        if let Way::Remote(exchange) = &mut self.0 {
            exchange.answer(answer);
        }
    }
}
