//! Headers of a job.

use std::ffi::c_char;
use std::mem::MaybeUninit;

use crate::boundary::boundary;
use crate::bytes::optional_text;
use crate::text::{Text, show};

/// Texts by name that travelled with a job; part of a job or a job info, and goes with it.
pub struct Headers(Vec<(Text, Text)>);

impl From<fairlane::Headers> for Headers {
    fn from(headers: fairlane::Headers) -> Self {
        let pairs = headers.into_iter();
        Self(pairs.map(|(name, value)| (Text::from(name), Text::from(value))).collect())
    }
}

/// Gives the number of headers; 0 for NULL.
///
/// Ownership: none. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_headers_count(headers: Option<&Headers>) -> usize {
    boundary!(headers.map_or(0, |headers| headers.0.len()))
}

/// Gives the name of a header, the first at 0, in the order of the names; NULL beyond the last one.
///
/// Ownership: the headers keep the text. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_headers_name_at(
    headers: Option<&Headers>,
    index: usize,
    length: Option<&mut MaybeUninit<usize>>,
) -> *const c_char {
    boundary!(show(headers.and_then(|headers| headers.0.get(index)).map(|pair| &pair.0), length))
}

/// Gives the value of a header, the first at 0; NULL beyond the last one.
///
/// Ownership: the headers keep the text. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn fairlane_headers_value_at(
    headers: Option<&Headers>,
    index: usize,
    length: Option<&mut MaybeUninit<usize>>,
) -> *const c_char {
    boundary!(show(headers.and_then(|headers| headers.0.get(index)).map(|pair| &pair.1), length))
}

/// Gives the value of the header of that name; NULL if there is none.
///
/// Ownership: the headers keep the text. Blocking: never. Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fairlane_headers_value(
    headers: Option<&Headers>,
    name: *const c_char,
    name_length: usize,
    length: Option<&mut MaybeUninit<usize>>,
) -> *const c_char {
    boundary!({
        let wanted = optional_text!(name, name_length).ok().flatten();
        let is_wanted = |(name, _): &&(Text, Text)| wanted == Some(name.as_str());
        let pair = headers.and_then(|headers| headers.0.iter().find(is_wanted));
        show(pair.map(|pair| &pair.1), length)
    })
}
