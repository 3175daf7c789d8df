//! What people write and say, Russian and English.

use letopis_domain::values::PlainText;

use super::chance::Chance;

/// A text in both languages.
pub type Phrase = (&'static str, &'static str);

/// What leads ask for.
pub const INQUIRIES: &[Phrase] = &[
    ("Хотим разместить рекламу в воскресном номере", "We want to advertise in the Sunday issue"),
    ("Сколько стоит баннер на главной странице сайта?", "How much is a banner on the front page of the site?"),
    ("Нужна рекламная кампания к открытию магазина", "We need a campaign for the opening of our shop"),
    ("Пришлите прайс-лист, пожалуйста", "Please send your price list"),
    ("Интересует разворот в праздничном выпуске", "Interested in a double page in the holiday issue"),
    ("Можно ли оплатить размещение в рассрочку?", "Can we pay in instalments?"),
];

/// What calls are about.
pub const CALL_TOPICS: &[Phrase] = &[
    ("Уточнение потребности", "What they need"),
    ("Обсуждение условий и скидки", "Terms and discount"),
    ("Согласование макета", "The layout"),
    ("Сроки выхода рекламы", "When the advertisement appears"),
    ("Напоминание о предложении", "Reminder of the offer"),
];

/// Subject lines of mails.
pub const MAIL_SUBJECTS: &[Phrase] = &[
    ("Коммерческое предложение", "Our offer"),
    ("Прайс-лист и примеры размещений", "Price list and examples"),
    ("Макет на согласование", "Layout for approval"),
    ("Договор и счёт", "Contract and invoice"),
];

/// What meetings are about.
pub const MEETING_TOPICS: &[Phrase] = &[
    ("Встреча в офисе клиента: бюджет на квартал", "At the customer's: budget of the quarter"),
    ("Презентация форматов", "Presentation of formats"),
    ("Переговоры с директором", "Talks with the director"),
];

/// Notes that careful sellers take.
pub const NOTES: &[Phrase] = &[
    ("Решение принимает жена директора", "The director's wife decides"),
    ("Просили не звонить до обеда", "Asked not to be called before noon"),
    ("Сравнивают нас с городским радио", "They compare us with the city radio"),
    ("Бюджет утвердят в начале месяца", "The budget is decided at the beginning of the month"),
];

/// Comments on honest rejections.
pub const NOT_INTERESTED: &[Phrase] = &[
    ("Передумали, реклама не нужна", "Changed their minds, no advertising"),
    ("Заказали у конкурентов", "Ordered from a competitor"),
    ("Хотели только узнать цену", "Only wanted to know the price"),
];

/// What was agreed.
pub const TERMS: &[Phrase] = &[
    ("Размещение на квартал, оплата по факту", "A quarter of advertising, paid afterwards"),
    ("Три полосы с предоплатой 50 %", "Three pages, 50 % in advance"),
    ("Баннер на месяц с возможностью продления", "A banner for a month, renewable"),
];

/// One of the phrases in a language.
pub fn say(phrases: &[Phrase], is_russian: bool, chance: &mut Chance) -> PlainText {
    let (russian, english) = chance.one_of(phrases);
    text((russian, english), is_russian)
}

/// A phrase in a language.
pub fn text(phrase: Phrase, is_russian: bool) -> PlainText {
    PlainText::from(if is_russian { phrase.0 } else { phrase.1 })
}
