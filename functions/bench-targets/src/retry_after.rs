//! The `Retry-After` header: how long a service asks to wait.

use std::time::{Duration, SystemTime};

/// The wait that a header asks for: whole seconds, or the date it ends at, which is
/// counted from the `Date` of the answer where there is one, since clocks differ.
pub(crate) fn retry_after(value: &str, date: Option<&str>) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = httpdate::parse_http_date(value).ok()?;
    let sent = date.and_then(|date| httpdate::parse_http_date(date.trim()).ok());
    let from = sent.unwrap_or_else(SystemTime::now);
    Some(until.duration_since(from).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_seconds_or_a_date() {
        let date = Some("Wed, 21 Oct 2026 07:28:00 GMT");
        for (value, seconds) in [
            ("7", Some(7)),
            (" 0 ", Some(0)),
            ("Wed, 21 Oct 2026 07:28:30 GMT", Some(30)),
            ("Wednesday, 21-Oct-26 07:29:00 GMT", Some(60)),
            ("Wed Oct 21 07:28:05 2026", Some(5)),
            ("Wed, 21 Oct 2026 07:27:00 GMT", Some(0)),
            ("soon", None),
            ("-3", None),
            ("", None),
        ] {
            let expected = seconds.map(Duration::from_secs);
            assert_eq!(retry_after(value, date), expected, "{value}");
        }
        let past = retry_after("Wed, 21 Oct 2015 07:28:00 GMT", None);
        assert_eq!(past, Some(Duration::ZERO));
    }
}
