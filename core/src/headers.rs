//! Headers: a few texts by name that travel with a job from its push to its handler.

use std::collections::BTreeMap;

use crate::error::{Error, Result};

/// Texts by name, such as the `traceparent` of a trace; fairlane never looks into them.
pub type Headers = BTreeMap<String, String>;

/// The most bytes that the names and the values of a job's headers have together.
pub const MAX_HEADERS: usize = 8192;

/// Checks the headers of one job.
///
/// # Errors
/// `InvalidArgument` if a name is empty or all are over [`MAX_HEADERS`] bytes.
pub(crate) fn validate_headers(headers: &Headers) -> Result<()> {
    if headers.contains_key("") {
        return Err(Error::invalid(format!(
            "header name of 0 bytes is not accepted: accepted are 1 to {MAX_HEADERS} bytes"
        )));
    }
    let length: usize = headers.iter().map(|(name, value)| name.len() + value.len()).sum();
    if length > MAX_HEADERS {
        return Err(Error::invalid(format!(
            "headers of {length} bytes are too large: accepted are up to {MAX_HEADERS} bytes"
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(name: &str, value: &str) -> Option<String> {
        let headers = Headers::from([(name.to_owned(), value.to_owned())]);
        validate_headers(&headers).err().map(|error| error.message().to_owned())
    }

    #[test]
    fn names_are_not_empty_and_all_is_bounded() {
        assert_eq!(refusal("n", ""), None);
        assert!(refusal("", "v").unwrap().starts_with("header name of 0 bytes"));
        let longest = "v".repeat(MAX_HEADERS - 2);
        assert_eq!(refusal("\u{e9}", &longest), None);
        let told = refusal("\u{e9}n", &longest).unwrap();
        assert!(told.starts_with("headers of 8193 bytes are too large"), "{told}");
    }
}
