//! The units that usage is counted in, and what one of them is a part of.
//!
//! A unit is described by words: `cache_read_tokens` are tokens, of the input, read from a cache. A unit
//! with all the words of another and more is a part of it: `cache_read_tokens` are among the `input_tokens`
//! too, and are taken out of them where they have a price of their own.
//!
//! # Source
//!
//! The units of the project `genai-prices`, whose crate keeps them to itself.

use genai_prices::UsageKey;

/// A unit.
#[derive(Debug)]
pub(super) struct Unit {
    /// What it is called in a usage.
    pub(super) usage_key: UsageKey,
    /// What it is called among the prices of a model.
    pub(super) price_key: &'static str,
    /// How many of it a price is for.
    pub(super) per: Per,
    /// What it is, a bit for each word.
    words: u32,
}

/// How many of a unit a price is for, as a fraction of ninths: `factor / (9 * 10^decimals)` of one, because
/// hours have a third of a third in them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Per {
    pub(super) factor: u128,
    pub(super) decimals: u32,
}

const THOUSAND: Per = Per { factor: 9, decimals: 3 };
const MILLION: Per = Per { factor: 9, decimals: 6 };
const BILLION: Per = Per { factor: 9, decimals: 9 };
/// One of 3,600 seconds is 25 of 90,000.
const HOUR: Per = Per { factor: 25, decimals: 4 };

const DURATIONS: u32 = 1;
const TOKENS: u32 = 1 << 1;
const TOOL_CALLS: u32 = 1 << 2;
const DOCUMENT_PAGES: u32 = 1 << 3;
const CHARACTERS: u32 = 1 << 4;
const PIXELS: u32 = 1 << 5;
const MESSAGES: u32 = 1 << 6;
const REQUESTS: u32 = 1 << 7;
const RERANK: u32 = 1 << 8;
const INPUT: u32 = 1 << 9;
const OUTPUT: u32 = 1 << 10;
const AUDIO: u32 = 1 << 11;
const IMAGE: u32 = 1 << 12;
const TEXT: u32 = 1 << 13;
const VIDEO: u32 = 1 << 14;
const READ: u32 = 1 << 15;
const WRITE: u32 = 1 << 16;
const TOOL: u32 = 1 << 17;
const CITATION: u32 = 1 << 18;
const REASONING: u32 = 1 << 19;
const FOR_HOUR: u32 = 1 << 20;
const FOR_MINUTES: u32 = 1 << 21;
const CODE_EXECUTION: u32 = 1 << 22;
const SOCIAL_SEARCH: u32 = 1 << 23;
const STORAGE_SEARCH: u32 = 1 << 24;
const WEB_SEARCH: u32 = 1 << 25;
const ANNOTATED: u32 = 1 << 26;

impl Unit {
    const fn new(usage_key: UsageKey, price_key: &'static str, per: Per, words: u32) -> Self {
        Self { usage_key, price_key, per, words }
    }

    /// What it is called in a usage.
    pub(super) fn key(&self) -> &str {
        self.usage_key.as_str()
    }

    /// Whether this unit is a part of another one, and not the same.
    pub(super) fn is_part_of(&self, other: &Self) -> bool {
        self.words != other.words && self.words & other.words == other.words
    }

    /// How narrow a unit is: a part is narrower than what it is a part of.
    pub(super) fn narrowness(&self) -> u32 {
        self.words.count_ones()
    }
}

/// The units, in the order of their names.
pub(super) static UNITS: [Unit; 59] = [
    Unit::new(UsageKey::AUDIO_SECONDS, "audio_hours", HOUR, DURATIONS | AUDIO),
    Unit::new(
        UsageKey::CACHE_AUDIO_READ_TOKENS,
        "cache_audio_read_mtok",
        MILLION,
        TOKENS | INPUT | AUDIO | READ,
    ),
    Unit::new(
        UsageKey::CACHE_AUDIO_WRITE_1H_TOKENS,
        "cache_audio_write_1h_mtok",
        MILLION,
        TOKENS | INPUT | AUDIO | WRITE | FOR_HOUR,
    ),
    Unit::new(
        UsageKey::CACHE_AUDIO_WRITE_5M_TOKENS,
        "cache_audio_write_5m_mtok",
        MILLION,
        TOKENS | INPUT | AUDIO | WRITE | FOR_MINUTES,
    ),
    Unit::new(
        UsageKey::CACHE_AUDIO_WRITE_TOKENS,
        "cache_audio_write_mtok",
        MILLION,
        TOKENS | INPUT | AUDIO | WRITE,
    ),
    Unit::new(
        UsageKey::CACHE_IMAGE_READ_TOKENS,
        "cache_image_read_mtok",
        MILLION,
        TOKENS | INPUT | IMAGE | READ,
    ),
    Unit::new(
        UsageKey::CACHE_IMAGE_WRITE_1H_TOKENS,
        "cache_image_write_1h_mtok",
        MILLION,
        TOKENS | INPUT | IMAGE | WRITE | FOR_HOUR,
    ),
    Unit::new(
        UsageKey::CACHE_IMAGE_WRITE_5M_TOKENS,
        "cache_image_write_5m_mtok",
        MILLION,
        TOKENS | INPUT | IMAGE | WRITE | FOR_MINUTES,
    ),
    Unit::new(
        UsageKey::CACHE_IMAGE_WRITE_TOKENS,
        "cache_image_write_mtok",
        MILLION,
        TOKENS | INPUT | IMAGE | WRITE,
    ),
    Unit::new(UsageKey::CACHE_READ_TOKENS, "cache_read_mtok", MILLION, TOKENS | INPUT | READ),
    Unit::new(
        UsageKey::CACHE_TEXT_READ_TOKENS,
        "cache_text_read_mtok",
        MILLION,
        TOKENS | INPUT | TEXT | READ,
    ),
    Unit::new(
        UsageKey::CACHE_TEXT_WRITE_1H_TOKENS,
        "cache_text_write_1h_mtok",
        MILLION,
        TOKENS | INPUT | TEXT | WRITE | FOR_HOUR,
    ),
    Unit::new(
        UsageKey::CACHE_TEXT_WRITE_5M_TOKENS,
        "cache_text_write_5m_mtok",
        MILLION,
        TOKENS | INPUT | TEXT | WRITE | FOR_MINUTES,
    ),
    Unit::new(
        UsageKey::CACHE_TEXT_WRITE_TOKENS,
        "cache_text_write_mtok",
        MILLION,
        TOKENS | INPUT | TEXT | WRITE,
    ),
    Unit::new(
        UsageKey::CACHE_VIDEO_READ_TOKENS,
        "cache_video_read_mtok",
        MILLION,
        TOKENS | INPUT | VIDEO | READ,
    ),
    Unit::new(
        UsageKey::CACHE_VIDEO_WRITE_1H_TOKENS,
        "cache_video_write_1h_mtok",
        MILLION,
        TOKENS | INPUT | VIDEO | WRITE | FOR_HOUR,
    ),
    Unit::new(
        UsageKey::CACHE_VIDEO_WRITE_5M_TOKENS,
        "cache_video_write_5m_mtok",
        MILLION,
        TOKENS | INPUT | VIDEO | WRITE | FOR_MINUTES,
    ),
    Unit::new(
        UsageKey::CACHE_VIDEO_WRITE_TOKENS,
        "cache_video_write_mtok",
        MILLION,
        TOKENS | INPUT | VIDEO | WRITE,
    ),
    Unit::new(
        UsageKey::CACHE_WRITE_1H_TOKENS,
        "cache_write_1h_mtok",
        MILLION,
        TOKENS | INPUT | WRITE | FOR_HOUR,
    ),
    Unit::new(
        UsageKey::CACHE_WRITE_5M_TOKENS,
        "cache_write_5m_mtok",
        MILLION,
        TOKENS | INPUT | WRITE | FOR_MINUTES,
    ),
    Unit::new(UsageKey::CACHE_WRITE_TOKENS, "cache_write_mtok", MILLION, TOKENS | INPUT | WRITE),
    Unit::new(UsageKey::CODE_EXECUTIONS, "code_executions_kcount", THOUSAND, TOOL_CALLS | CODE_EXECUTION),
    Unit::new(
        UsageKey::INPUT_ANNOTATED_DOCUMENT_PAGES,
        "input_annotated_document_kpages",
        THOUSAND,
        DOCUMENT_PAGES | INPUT | ANNOTATED,
    ),
    Unit::new(UsageKey::INPUT_AUDIO_SECONDS, "input_audio_hours", HOUR, DURATIONS | INPUT | AUDIO),
    Unit::new(UsageKey::INPUT_AUDIO_TOKENS, "input_audio_mtok", MILLION, TOKENS | INPUT | AUDIO),
    Unit::new(
        UsageKey::INPUT_AUDIO_TOOL_TOKENS,
        "input_audio_tool_mtok",
        MILLION,
        TOKENS | INPUT | AUDIO | TOOL,
    ),
    Unit::new(UsageKey::INPUT_CHARACTERS, "input_mchars", MILLION, CHARACTERS | INPUT),
    Unit::new(UsageKey::INPUT_DOCUMENT_PAGES, "input_document_kpages", THOUSAND, DOCUMENT_PAGES | INPUT),
    Unit::new(UsageKey::INPUT_IMAGE_TOKENS, "input_image_mtok", MILLION, TOKENS | INPUT | IMAGE),
    Unit::new(
        UsageKey::INPUT_IMAGE_TOOL_TOKENS,
        "input_image_tool_mtok",
        MILLION,
        TOKENS | INPUT | IMAGE | TOOL,
    ),
    Unit::new(UsageKey::INPUT_PIXELS, "input_gpixels", BILLION, PIXELS | INPUT),
    Unit::new(UsageKey::INPUT_TEXT_MESSAGES, "input_text_messages_kcount", THOUSAND, MESSAGES | INPUT | TEXT),
    Unit::new(UsageKey::INPUT_TEXT_TOKENS, "input_text_mtok", MILLION, TOKENS | INPUT | TEXT),
    Unit::new(
        UsageKey::INPUT_TEXT_TOOL_TOKENS,
        "input_text_tool_mtok",
        MILLION,
        TOKENS | INPUT | TEXT | TOOL,
    ),
    Unit::new(UsageKey::INPUT_TOKENS, "input_mtok", MILLION, TOKENS | INPUT),
    Unit::new(UsageKey::INPUT_TOOL_TOKENS, "input_tool_mtok", MILLION, TOKENS | INPUT | TOOL),
    Unit::new(UsageKey::INPUT_VIDEO_TOKENS, "input_video_mtok", MILLION, TOKENS | INPUT | VIDEO),
    Unit::new(
        UsageKey::INPUT_VIDEO_TOOL_TOKENS,
        "input_video_tool_mtok",
        MILLION,
        TOKENS | INPUT | VIDEO | TOOL,
    ),
    Unit::new(
        UsageKey::OUTPUT_AUDIO_CITATION_TOKENS,
        "output_audio_citation_mtok",
        MILLION,
        TOKENS | OUTPUT | AUDIO | CITATION,
    ),
    Unit::new(
        UsageKey::OUTPUT_AUDIO_REASONING_TOKENS,
        "output_audio_reasoning_mtok",
        MILLION,
        TOKENS | OUTPUT | AUDIO | REASONING,
    ),
    Unit::new(UsageKey::OUTPUT_AUDIO_SECONDS, "output_audio_hours", HOUR, DURATIONS | OUTPUT | AUDIO),
    Unit::new(UsageKey::OUTPUT_AUDIO_TOKENS, "output_audio_mtok", MILLION, TOKENS | OUTPUT | AUDIO),
    Unit::new(UsageKey::OUTPUT_CITATION_TOKENS, "output_citation_mtok", MILLION, TOKENS | OUTPUT | CITATION),
    Unit::new(
        UsageKey::OUTPUT_IMAGE_CITATION_TOKENS,
        "output_image_citation_mtok",
        MILLION,
        TOKENS | OUTPUT | IMAGE | CITATION,
    ),
    Unit::new(
        UsageKey::OUTPUT_IMAGE_REASONING_TOKENS,
        "output_image_reasoning_mtok",
        MILLION,
        TOKENS | OUTPUT | IMAGE | REASONING,
    ),
    Unit::new(UsageKey::OUTPUT_IMAGE_TOKENS, "output_image_mtok", MILLION, TOKENS | OUTPUT | IMAGE),
    Unit::new(
        UsageKey::OUTPUT_REASONING_TOKENS,
        "output_reasoning_mtok",
        MILLION,
        TOKENS | OUTPUT | REASONING,
    ),
    Unit::new(
        UsageKey::OUTPUT_TEXT_CITATION_TOKENS,
        "output_text_citation_mtok",
        MILLION,
        TOKENS | OUTPUT | TEXT | CITATION,
    ),
    Unit::new(
        UsageKey::OUTPUT_TEXT_REASONING_TOKENS,
        "output_text_reasoning_mtok",
        MILLION,
        TOKENS | OUTPUT | TEXT | REASONING,
    ),
    Unit::new(UsageKey::OUTPUT_TEXT_TOKENS, "output_text_mtok", MILLION, TOKENS | OUTPUT | TEXT),
    Unit::new(UsageKey::OUTPUT_TOKENS, "output_mtok", MILLION, TOKENS | OUTPUT),
    Unit::new(
        UsageKey::OUTPUT_VIDEO_CITATION_TOKENS,
        "output_video_citation_mtok",
        MILLION,
        TOKENS | OUTPUT | VIDEO | CITATION,
    ),
    Unit::new(
        UsageKey::OUTPUT_VIDEO_REASONING_TOKENS,
        "output_video_reasoning_mtok",
        MILLION,
        TOKENS | OUTPUT | VIDEO | REASONING,
    ),
    Unit::new(UsageKey::OUTPUT_VIDEO_TOKENS, "output_video_mtok", MILLION, TOKENS | OUTPUT | VIDEO),
    Unit::new(UsageKey::REQUESTS, "requests_kcount", THOUSAND, REQUESTS),
    Unit::new(UsageKey::RERANK_SEARCHES, "rerank_searches_kcount", THOUSAND, RERANK),
    Unit::new(UsageKey::SOCIAL_SEARCHES, "social_searches_kcount", THOUSAND, TOOL_CALLS | SOCIAL_SEARCH),
    Unit::new(UsageKey::STORAGE_SEARCHES, "storage_searches_kcount", THOUSAND, TOOL_CALLS | STORAGE_SEARCH),
    Unit::new(UsageKey::WEB_SEARCHES, "web_searches_kcount", THOUSAND, TOOL_CALLS | WEB_SEARCH),
];

/// Finds the unit of a key of a usage.
pub(super) fn by_usage_key(key: &str) -> Option<&'static Unit> {
    UNITS.binary_search_by_key(&key, |unit| unit.key()).ok().and_then(|found| UNITS.get(found))
}

/// Finds the unit of a key of a price.
pub(super) fn by_price_key(key: &str) -> Option<&'static Unit> {
    UNITS.iter().find(|unit| unit.price_key == key)
}
