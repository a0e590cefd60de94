use fairlane::Headers;
use js_sys::Array;
use wasm_bindgen::{JsCast, JsValue};

use crate::errors::Outcome;
use crate::given::Given;
use crate::packet::Packet;

/// Reads headers, of an object that the package has checked to be one.
pub fn read(given: &Given) -> Outcome<Headers> {
    let pairs = given.properties().into_iter().map(|pair| {
        let pair: Array = pair.unchecked_into();
        let text = |place| Given::new("header", pair.get(place)).text();
        Ok((text(0)?, text(1)?))
    });
    pairs.collect()
}

/// Writes headers; most jobs have none.
pub fn write(packet: &mut Packet, headers: &Headers) {
    packet.number(2 * headers.len() as i64);
    for (name, value) in headers {
        packet.blob(name.as_bytes());
        packet.blob(value.as_bytes());
    }
}

/// Gives headers: names and values in turn.
pub fn texts(headers: Headers) -> JsValue {
    let texts = headers.into_iter().flat_map(|(name, value)| [name, value]);
    texts.map(JsValue::from).collect::<Array>().into()
}
