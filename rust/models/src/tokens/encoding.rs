//! The encodings, and which model has which.

use std::sync::LazyLock;

use tiktoken_rs::tokenizer::{Tokenizer, get_tokenizer};

use super::Vocabulary;

/// A way to cut text into pieces, with a vocabulary. Two encodings that differ in special tokens only
/// are one here, because special tokens are not counted as such.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// GPT-4o, GPT-4.1, GPT-5, the models o1 to o4, gpt-oss.
    O200k,
    /// GPT-4, GPT-3.5 and the embeddings of their time.
    Cl100k,
    /// The later models of GPT-3.
    P50k,
    /// GPT-2, and the first models of GPT-3.
    R50k,
}

impl Encoding {
    /// What models that are not known are counted with.
    pub const NEWEST: Self = Self::O200k;

    /// Gives the encoding of a model, which may have its provider in front (`openai/gpt-5`).
    pub fn of(model: &str) -> Option<Self> {
        let name = model.rsplit_once('/').map_or(model, |(_, name)| name);
        Some(match get_tokenizer(name)? {
            Tokenizer::O200kBase | Tokenizer::O200kHarmony => Self::O200k,
            Tokenizer::Cl100kBase => Self::Cl100k,
            Tokenizer::P50kBase | Tokenizer::P50kEdit => Self::P50k,
            Tokenizer::R50kBase | Tokenizer::Gpt2 => Self::R50k,
        })
    }

    /// Gives its vocabulary, which is loaded if it was not.
    pub fn vocabulary(self) -> &'static Vocabulary {
        static O200K: LazyLock<Vocabulary> = LazyLock::new(|| Vocabulary::load(tiktoken_rs::o200k_base()));
        static CL100K: LazyLock<Vocabulary> = LazyLock::new(|| Vocabulary::load(tiktoken_rs::cl100k_base()));
        static P50K: LazyLock<Vocabulary> = LazyLock::new(|| Vocabulary::load(tiktoken_rs::p50k_base()));
        static R50K: LazyLock<Vocabulary> = LazyLock::new(|| Vocabulary::load(tiktoken_rs::r50k_base()));
        match self {
            Self::O200k => &O200K,
            Self::Cl100k => &CL100K,
            Self::P50k => &P50K,
            Self::R50k => &R50K,
        }
    }
}
