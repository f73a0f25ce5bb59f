// SPDX-License-Identifier: MIT OR Apache-2.0
//! On what grounds a finding is put aside: there must be a reason, and it may hold until a day only.

use std::env;
use std::fmt;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use toml::value::Datetime;

/// Why a finding is put aside, in words. Never blank.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Debug)]
#[serde(try_from = "String")]
pub(crate) struct Reason(String);

impl Reason {
    /// The words.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Reason {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let text = text.trim();
        if text.is_empty() {
            return Err("a reason has to say why");
        }
        Ok(Self(text.to_owned()))
    }
}

impl std::str::FromStr for Reason {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.to_owned().try_into()
    }
}

/// A day of the calendar; what expires on it no longer holds on it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Day(Date);

impl Day {
    /// Today in UTC, or the day of `SOURCE_DATE_EPOCH`, with which a report is made again as it was.
    pub(crate) fn today() -> Self {
        let fixed = env::var("SOURCE_DATE_EPOCH").ok();
        let fixed = fixed.and_then(|seconds| Timestamp::from_second(seconds.parse().ok()?).ok());
        let now = fixed.unwrap_or_else(Timestamp::now);
        Self(Zoned::new(now, TimeZone::UTC).date())
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::str::FromStr for Day {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let day = text.parse().map(Self);
        day.map_err(|_| format!("`{text}` is not a day like 2027-01-31"))
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let given = Datetime::deserialize(deserializer)?;
        let refused = || de::Error::custom(format!("`{given}` is not a day like 2027-01-31"));
        let day = given.date.filter(|_| given.time.is_none());
        day.ok_or_else(refused)?
            .to_string()
            .parse()
            .map_err(de::Error::custom)
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let day: Datetime = self
            .to_string()
            .parse()
            .map_err(serde::ser::Error::custom)?;
        day.serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize, Deserialize, Debug)]
    struct Both {
        reason: Reason,
        expires: Day,
    }

    #[test]
    fn both_are_written_as_they_are_read() {
        let text = "reason = \"known\"\nexpires = 2027-01-31\n";
        let both: Both = toml::from_str(text).unwrap();
        assert_eq!(toml::to_string(&both).unwrap(), text);
        assert!(both.expires < "2027-02-01".parse().unwrap());
    }

    #[test]
    fn blank_reasons_and_times_are_refused() {
        for (text, message) in [
            (
                "reason = \" \"\nexpires = 2027-01-31",
                "a reason has to say why",
            ),
            (
                "reason = \"x\"\nexpires = 2027-01-31T08:00:00",
                "is not a day",
            ),
            ("reason = \"x\"\nexpires = \"soon\"", "invalid type"),
        ] {
            let error = toml::from_str::<Both>(text).unwrap_err().to_string();
            assert!(error.contains(message), "{error}");
        }
    }
}
