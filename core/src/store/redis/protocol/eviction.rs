//! What a server does when its memory is full.

/// Gives the server's policy, told by `INFO memory`, if it deletes keys that never expire, as those
/// of queues are.
pub fn evicting_policy(info: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(info).ok()?;
    let policy = text.lines().find_map(|line| line.strip_prefix("maxmemory_policy:"))?;
    policy.starts_with("allkeys-").then_some(policy)
}

#[cfg(test)]
mod tests {
    use super::evicting_policy;

    #[test]
    fn only_a_policy_for_all_keys_deletes_jobs() {
        let of = |policy: &str| {
            let info = format!("# Memory\r\nmaxmemory:0\r\nmaxmemory_policy:{policy}\r\n");
            evicting_policy(info.as_bytes()).map(str::to_owned)
        };
        assert_eq!(of("allkeys-lru").as_deref(), Some("allkeys-lru"));
        assert_eq!(of("noeviction"), None);
        assert_eq!(of("volatile-ttl"), None);
        assert_eq!(evicting_policy(b"# Memory\r\n"), None);
    }
}
