//! The `Retry-After` header: how long a service asks to wait.

use std::time::{Duration, SystemTime};

/// The wait that a header asks for: seconds, or the date it ends at, which is counted
/// from the `Date` of the answer where there is one, since clocks differ.
pub(crate) fn retry_after(value: &str, date: Option<&str>) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let until = httpdate::parse_http_date(value).ok()?;
    let sent = date.and_then(|date| httpdate::parse_http_date(date.trim()).ok());
    let from = sent.unwrap_or_else(SystemTime::now);
    Some(until.duration_since(from).unwrap_or_default())
}

/// The wait that a header in milliseconds asks for.
pub(crate) fn retry_after_ms(value: &str) -> Option<Duration> {
    let millis: f64 = value.trim().parse().ok()?;
    Duration::try_from_secs_f64(millis / 1_000.0).ok()
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
        assert_eq!(retry_after("0.5", date), Some(Duration::from_millis(500)));
        assert_eq!(
            (retry_after("inf", date), retry_after("NaN", date)),
            (None, None)
        );
        assert_eq!(retry_after_ms(" 1500 "), Some(Duration::from_millis(1_500)));
        assert_eq!((retry_after_ms("-1"), retry_after_ms("soon")), (None, None));
        let past = retry_after("Wed, 21 Oct 2015 07:28:00 GMT", None);
        assert_eq!(past, Some(Duration::ZERO));
    }
}
