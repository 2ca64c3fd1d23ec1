//! The machine and the glibc that an ELF program needs.

use std::fmt;

use clap::ValueEnum;

/// The glibc of `provided.al2023`.
pub const AMAZON_LINUX_2023: Glibc = Glibc(2, 34);

/// The architecture of the functions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Architecture {
    /// Graviton.
    #[value(name = "arm64")]
    Arm64,
    /// Intel and AMD.
    #[value(name = "x86_64")]
    X86,
}

impl Architecture {
    /// The name in Lambda.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Arm64 => "arm64",
            Self::X86 => "x86_64",
        }
    }

    pub(super) fn flag(self) -> &'static str {
        match self {
            Self::Arm64 => "--arm64",
            Self::X86 => "--x86-64",
        }
    }

    /// The architecture of a program; `None` if Lambda has no such machines.
    pub(super) fn of(program: &[u8]) -> Option<Self> {
        let machine = machine(program)?;
        let mut all = [Self::Arm64, Self::X86].into_iter();
        all.find(|architecture| architecture.machine() == machine)
    }

    /// `e_machine` of the ELF header.
    pub(super) fn machine(self) -> u16 {
        match self {
            Self::Arm64 => 183,
            Self::X86 => 62,
        }
    }
}

/// A version of glibc.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Glibc(u32, u32);

impl fmt::Display for Glibc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0, self.1)
    }
}

/// The `e_machine` of a program; `None` if it is not ELF.
fn machine(program: &[u8]) -> Option<u16> {
    let header = program
        .get(..20)
        .filter(|header| header.starts_with(b"\x7fELF"))?;
    Some(u16::from_le_bytes([header[18], header[19]]))
}

/// The newest glibc among the symbol versions of an ELF program, such as
/// `GLIBC_2.34`.
pub(super) fn newest_glibc(program: &[u8]) -> Option<Glibc> {
    const NAME: &[u8] = b"GLIBC_";
    let named = program
        .windows(NAME.len())
        .enumerate()
        .filter(|(_, window)| *window == NAME)
        .filter_map(|(start, _)| glibc_at(&program[start + NAME.len()..]));
    named.max()
}

/// Parses `2.34` or `2.2.5` at the beginning of a text that ends in a zero.
fn glibc_at(text: &[u8]) -> Option<Glibc> {
    let end = text.iter().take(12).position(|byte| *byte == 0)?;
    let mut numbers = std::str::from_utf8(&text[..end]).ok()?.split('.');
    let mut next = || numbers.next()?.parse().ok();
    Some(Glibc(next()?, next()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_glibc_is_that_of_all_symbol_versions() {
        let found = newest_glibc(b"GLIBC_2.17\0GLIBC_2.2.5\0GLIBC_PRIVATE\0");
        assert_eq!(found, Some(Glibc(2, 17)));
        assert_eq!(newest_glibc(b"static"), None);
    }
}
