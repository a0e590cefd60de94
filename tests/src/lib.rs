//! What the tests of fairlane share.
