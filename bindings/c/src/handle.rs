//! Handles: who owns what is said by the types of the exported functions.
//!
//! | in Rust | in C | who owns it |
//! | --- | --- | --- |
//! | `Option<&T>`, `Option<&mut T>` | `const T *`, `T *` | the caller, before and after |
//! | `Option<Box<T>>` given back | `T *` | the caller from now on |
//! | `Option<&mut MaybeUninit<Option<Box<T>>>>` | `T **` | the caller of what is put there |
//! | `Option<&mut Option<Box<T>>>` | `T **` | the function, which frees it and leaves NULL |
//!
//! All of them have the layout of a nullable pointer, so that no cast is needed anywhere.

use std::fmt::Display;
use std::mem::MaybeUninit;

use fairlane::{Error, Result};

/// Gives what a pointer that must not be NULL leads to; `what` names the parameter in the error.
pub fn given<T>(what: impl Display, handle: Option<T>) -> Result<T> {
    handle.ok_or_else(|| {
        Error::invalid(format!("{what} is NULL: accepted is a pointer to what it names"))
    })
}

/// Gives the place for a result, set to `nothing` until there is one.
pub fn out<'a, T>(
    what: &str,
    slot: Option<&'a mut MaybeUninit<T>>,
    nothing: T,
) -> Result<&'a mut T> {
    given(what, slot).map(|slot| slot.write(nothing))
}

/// Frees what a handle owns, and leaves NULL: a second free of the same variable is harmless.
pub fn free<T>(handle: Option<&mut Option<Box<T>>>) {
    drop(handle.and_then(Option::take));
}
