//! What comes in as pointer and length: texts, payloads and arrays of them.
//!
//! The macros hold the `unsafe` of all functions, and the promise on which it rests: the header says
//! of every pointer that comes with a length that so many bytes or items can be read there.

use std::ffi::{CStr, c_char, c_void};
use std::fmt::Display;
use std::mem::MaybeUninit;
use std::slice;

use fairlane::options::MAX_PAYLOAD;
use fairlane::{Error, Result};

/// The length of a text that ends with a NUL.
pub const FAIRLANE_STRLEN: usize = usize::MAX;

/// The longest array: more is a length that went wrong.
const MAX_ITEMS: usize = 1 << 24;

/// Reads a text that must be given.
macro_rules! text {
    ($text:ident, $length:ident) => {
        $crate::handle::given(stringify!($text), $crate::bytes::optional_text!($text, $length)?)
    };
}

/// Reads a text, or `None` for NULL.
macro_rules! optional_text {
    ($text:ident, $length:ident) => {
        // SAFETY: the caller promises that the text has so many bytes, or ends with a NUL.
        unsafe { $crate::bytes::read_text(stringify!($text), $text, $length) }
    };
}

/// Reads a payload of at most so many bytes.
macro_rules! payload {
    ($payload:ident, $length:ident, $max:expr) => {
        // SAFETY: the caller promises that the payload has so many bytes.
        unsafe { $crate::bytes::read_payload($payload, $length, $max) }
    };
}

/// Reads the bytes of a result, or `None` for NULL.
macro_rules! result_value {
    ($result:ident, $length:ident) => {
        // SAFETY: the caller promises that the result has so many bytes.
        unsafe { $crate::bytes::read_result(stringify!($result), $result, $length) }
    };
}

/// Reads an array of results, each as above.
macro_rules! result_values {
    ($results:ident, $lengths:ident, $count:ident) => {
        // SAFETY: the caller promises that both arrays have so many items, and each result its length.
        unsafe { $crate::bytes::read_results(stringify!($results), $results, $lengths, $count) }
    };
}

/// Reads an array of texts, each with a length of its own, or each with a NUL at its end.
macro_rules! texts {
    ($texts:ident, $lengths:ident, $count:ident) => {
        // SAFETY: the caller promises that both arrays have so many items, and each text its length.
        unsafe { $crate::bytes::read_texts(stringify!($texts), $texts, $lengths, $count) }
    };
}

/// Gives the array into which results are put, or `None` for NULL.
macro_rules! places {
    ($places:ident, $count:ident) => {
        // SAFETY: the caller promises that the array has room for so many items.
        unsafe { $crate::bytes::write_array(stringify!($places), $places, $count) }
    };
}
pub(crate) use {optional_text, payload, places, result_value, result_values, text, texts};

/// # Safety
/// `text` is NULL, or has `length` readable bytes, or ends with a NUL if that is `FAIRLANE_STRLEN`.
pub unsafe fn read_text<'a>(
    what: impl Display,
    text: *const c_char,
    length: usize,
) -> Result<Option<&'a str>> {
    if text.is_null() && matches!(length, 0 | FAIRLANE_STRLEN) {
        return Ok(None);
    }
    let bytes = if length == FAIRLANE_STRLEN {
        // SAFETY: the caller promises the NUL.
        unsafe { CStr::from_ptr(text) }.to_bytes()
    } else {
        check_length(&what, text, length, MAX_PAYLOAD, "bytes")?;
        // SAFETY: the caller promises the bytes; the length was checked.
        unsafe { slice::from_raw_parts(text.cast(), length) }
    };
    std::str::from_utf8(bytes).map(Some).map_err(|error| {
        Error::invalid(format!(
            "{what} is not UTF-8 at byte {}: accepted is text in UTF-8",
            error.valid_up_to()
        ))
    })
}

/// # Safety
/// `payload` has `length` readable bytes; it may be NULL if that is 0.
pub unsafe fn read_payload<'a>(
    payload: *const c_void,
    length: usize,
    max: usize,
) -> Result<&'a [u8]> {
    if payload.is_null() && length == 0 {
        return Ok(&[]);
    }
    fairlane::job::validate_payload(length, max)?;
    check_length("payload", payload, length, MAX_PAYLOAD, "bytes")?;
    // SAFETY: the caller promises the bytes; the length was checked.
    Ok(unsafe { slice::from_raw_parts(payload.cast(), length) })
}

/// # Safety
/// `result` is NULL, or has `length` readable bytes.
pub unsafe fn read_result<'a>(
    what: &str,
    result: *const c_void,
    length: usize,
) -> Result<Option<&'a [u8]>> {
    if result.is_null() && length == 0 {
        return Ok(None);
    }
    check_length(what, result, length, MAX_PAYLOAD, "bytes")?;
    // SAFETY: the caller promises the bytes; the length was checked.
    Ok(Some(unsafe { slice::from_raw_parts(result.cast(), length) }))
}

/// # Safety
/// `results` and `lengths` have `count` readable items. The lengths are those of the results.
pub unsafe fn read_results<'a>(
    what: &str,
    results: *const *const c_void,
    lengths: *const usize,
    count: usize,
) -> Result<Vec<Option<&'a [u8]>>> {
    if count == 0 {
        return Ok(Vec::new());
    }
    check_length(what, results, count, MAX_ITEMS, "items")?;
    check_length("result_lengths", lengths, count, MAX_ITEMS, "items")?;
    // SAFETY: the caller promises the items; the count was checked.
    let results = unsafe { slice::from_raw_parts(results, count) };
    // SAFETY: as above.
    let lengths = unsafe { slice::from_raw_parts(lengths, count) };
    let result = |(index, (result, length)): (usize, (&*const c_void, &usize))| {
        // SAFETY: the caller promises it of each result.
        unsafe { read_result(&format!("{what}[{index}]"), *result, *length) }
    };
    results.iter().zip(lengths).enumerate().map(result).collect()
}

/// # Safety
/// `texts`, and `lengths` if it is not NULL, have `count` readable items. The lengths are those of
/// the texts; without them each text ends with a NUL.
pub unsafe fn read_texts<'a>(
    what: &str,
    texts: *const *const c_char,
    lengths: *const usize,
    count: usize,
) -> Result<Vec<&'a str>> {
    if count == 0 {
        return Ok(Vec::new());
    }
    check_length(what, texts, count, MAX_ITEMS, "items")?;
    // SAFETY: the caller promises the items; the count was checked.
    let texts = unsafe { slice::from_raw_parts(texts, count) };
    // SAFETY: as above.
    let lengths = (!lengths.is_null()).then(|| unsafe { slice::from_raw_parts(lengths, count) });
    let text = |(index, text): (usize, &*const c_char)| {
        let length = lengths.map_or(FAIRLANE_STRLEN, |lengths| lengths[index]);
        // The name is put together only for an error.
        // SAFETY: the caller promises it of each text.
        let text = unsafe { read_text(format_args!("{what}[{index}]"), *text, length) }?;
        crate::handle::given(format_args!("{what}[{index}]"), text)
    };
    texts.iter().enumerate().map(text).collect()
}

/// # Safety
/// `places` is NULL, or has room for `count` items.
pub unsafe fn write_array<'a, T>(
    what: &str,
    places: *mut T,
    count: usize,
) -> Result<Option<&'a mut [MaybeUninit<T>]>> {
    if places.is_null() {
        return Ok(None);
    }
    check_length(what, places, count, MAX_ITEMS, "items")?;
    // SAFETY: the caller promises the room; the count was checked.
    Ok(Some(unsafe { slice::from_raw_parts_mut(places.cast(), count) }))
}

fn check_length<T>(
    what: impl Display,
    data: *const T,
    length: usize,
    max: usize,
    unit: &str,
) -> Result<()> {
    if data.is_null() {
        return Err(Error::invalid(format!(
            "{what} is NULL and its length {length}: accepted is NULL with length 0"
        )));
    }
    if length > max {
        return Err(Error::invalid(format!(
            "{what} of {length} {unit} is too long: accepted are up to {max} {unit}"
        )));
    }
    Ok(())
}
