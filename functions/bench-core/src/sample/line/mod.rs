//! Lines in the form in which `serde_json` writes a [`Sample`](super::Sample): one object
//! of strings, whole numbers and booleans, without white space.
//!
//! Nearly all lines have it, and to read no more than it takes two thirds of the time that
//! JSON in general takes. A line of any other form is left to `serde_json`, as is one with
//! a fault: it says where.

mod scan;

#[cfg(test)]
mod tests;

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{self, DeserializeSeed, MapAccess, Visitor, value::BorrowedStrDeserializer},
    forward_to_deserialize_any,
};

use self::scan::Scanner;

/// The value of a line; `None` where the line has another form, or a fault.
pub(super) fn read<'de, T: Deserialize<'de>>(line: &'de str) -> Option<T> {
    let mut scanner = Scanner::new(line)?;
    let value = T::deserialize(&mut scanner).ok()?;
    scanner.is_at_end().then_some(value)
}

/// The line is not of this form, or has a fault.
#[derive(Debug, Clone, Copy)]
struct NotRead;

impl fmt::Display for NotRead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a line of this form")
    }
}

impl std::error::Error for NotRead {}

impl de::Error for NotRead {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

impl<'de> Deserializer<'de> for &mut Scanner<'de> {
    type Error = NotRead;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NotRead> {
        match self.peek() {
            Some(b'"') => self.deserialize_str(visitor),
            Some(b'0'..=b'9') => self.deserialize_u64(visitor),
            Some(b't' | b'f') => self.deserialize_bool(visitor),
            _ => Err(NotRead),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NotRead> {
        visitor.visit_bool(self.boolean().ok_or(NotRead)?)
    }

    fn deserialize_u16<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NotRead> {
        self.deserialize_u64(visitor)
    }

    fn deserialize_u32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NotRead> {
        self.deserialize_u64(visitor)
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NotRead> {
        visitor.visit_u64(self.whole_number().ok_or(NotRead)?)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NotRead> {
        match self.string().ok_or(NotRead)? {
            Cow::Borrowed(text) => visitor.visit_borrowed_str(text),
            Cow::Owned(text) => visitor.visit_string(text),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NotRead> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NotRead> {
        visitor.visit_some(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, NotRead> {
        let name = self.plain_string().ok_or(NotRead)?;
        visitor.visit_enum(BorrowedStrDeserializer::new(name))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, NotRead> {
        self.skip(b'{').ok_or(NotRead)?;
        visitor.visit_map(Fields {
            scanner: self,
            is_first: true,
        })
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i64 i128 u8 u128 f32 f64 char bytes byte_buf unit unit_struct newtype_struct
        seq tuple tuple_struct map identifier ignored_any
    }
}

/// The fields of an object, from behind its opening brace.
struct Fields<'a, 'de> {
    scanner: &'a mut Scanner<'de>,
    is_first: bool,
}

impl<'de> MapAccess<'de> for Fields<'_, 'de> {
    type Error = NotRead;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, NotRead> {
        if self.scanner.skip(b'}').is_some() {
            return Ok(None);
        }
        if !std::mem::take(&mut self.is_first) {
            self.scanner.skip(b',').ok_or(NotRead)?;
        }
        let name = self.scanner.plain_string().ok_or(NotRead)?;
        self.scanner.skip(b':').ok_or(NotRead)?;
        seed.deserialize(BorrowedStrDeserializer::new(name))
            .map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, NotRead> {
        seed.deserialize(&mut *self.scanner)
    }
}
