//! Requests on their way out, and what the server's errors mean.

use fairlane::store::redis::protocol::{self, Remedy, ServerError};
use js_sys::{Array, Uint8Array};
use wasm_bindgen::prelude::*;

use crate::errors::raise;

/// A request to send. The package keeps it until it has its answer.
#[wasm_bindgen]
pub struct Request(protocol::Request);

impl From<protocol::Request> for Request {
    fn from(request: protocol::Request) -> Self {
        Self(request)
    }
}

#[wasm_bindgen]
impl Request {
    /// Says who sends: 8 random bytes of the client, a slot that no other request on its way has,
    /// and a number that rises with each request in that slot.
    pub fn identify(&mut self, link: &[u8], slot: u16, sequence: f64) {
        if let Ok(link) = link.try_into() {
            self.0.identify(link, slot, sequence as u64);
        }
        // Some clients send what had no reply once more by themselves, and tell nobody. For the
        // other verbs that does no harm, and a push can ask at little cost whether it was made.
        let name = self.0.script.name;
        if name.strip_prefix("plain_").unwrap_or(name).starts_with("push") {
            self.0.repeated();
        }
    }

    /// Says that an earlier sending may have been carried out.
    pub fn repeated(&mut self) {
        self.0.repeated();
    }

    /// Gives the command, word by word.
    pub fn command(&self) -> Array {
        let names = ["EVALSHA", self.0.script.digest()].into_iter().map(JsValue::from);
        names.chain(self.0.words().map(|word| Uint8Array::from(&*word).into())).collect()
    }

    /// Gives the command that makes the script known to the server.
    pub fn load(&self) -> Array {
        ["SCRIPT", "LOAD", self.0.script.text()].into_iter().map(JsValue::from).collect()
    }

    /// Gives the command for a client that takes strings alone.
    #[wasm_bindgen(js_name = commandAsText)]
    pub fn command_as_text(&self) -> Array {
        let names = ["EVALSHA", &self.0.script.for_text().digest].into_iter().map(JsValue::from);
        names.chain(self.0.words_as_text().map(JsValue::from)).collect()
    }

    /// Gives the command that makes the script for such a client known to the server.
    #[wasm_bindgen(js_name = loadAsText)]
    pub fn load_as_text(&self) -> Array {
        let text = &self.0.script.for_text().text[..];
        ["SCRIPT", "LOAD", text].into_iter().map(JsValue::from).collect()
    }
}

/// Tells what to do about an error reply: "load" the script, "wait" a little, or "tell" the caller.
/// Redirections are followed by the host's client; one that comes through is waited out.
#[wasm_bindgen]
pub fn remedy(text: String) -> String {
    let remedy = match ServerError(text).remedy() {
        Remedy::Load => "load",
        Remedy::Tell => "tell",
        Remedy::Wait | Remedy::Locate | Remedy::Moved(_) | Remedy::Ask(_) => "wait",
    };
    remedy.to_owned()
}

/// Gives what the caller is told of an error reply.
#[wasm_bindgen]
pub fn refusal(text: String) -> JsValue {
    raise(&ServerError(text).error())
}
