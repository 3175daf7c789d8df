//! Names of people and companies, Russian and English.

use super::chance::Chance;

/// Who asks.
#[derive(Clone, Debug)]
pub struct Customer {
    /// The person.
    pub name: String,
    /// The company, for those who ask for one.
    pub company: Option<String>,
    /// Whether they speak Russian.
    pub is_russian: bool,
    /// Their phone number.
    pub phone: String,
    /// Their e-mail address.
    pub email: String,
}

const RU_WOMEN: &[&str] = &[
    "Анна",
    "Мария",
    "Екатерина",
    "Ольга",
    "Наталья",
    "Ирина",
    "Светлана",
    "Юлия",
    "Дарья",
    "Алина",
    "Вера",
    "Полина",
];
const RU_MEN: &[&str] = &[
    "Александр",
    "Дмитрий",
    "Сергей",
    "Андрей",
    "Алексей",
    "Михаил",
    "Иван",
    "Павел",
    "Николай",
    "Егор",
    "Роман",
    "Глеб",
];
const RU_SURNAMES: &[&str] = &[
    "Иванов",
    "Смирнов",
    "Кузнецов",
    "Попов",
    "Соколов",
    "Лебедев",
    "Козлов",
    "Новиков",
    "Морозов",
    "Волков",
    "Павлов",
    "Семёнов",
    "Голубев",
    "Виноградов",
    "Богданов",
    "Фёдоров",
    "Беляев",
    "Тарасов",
    "Киселёв",
    "Макаров",
];
const EN_NAMES: &[&str] = &[
    "Alice", "Emma", "Grace", "Hannah", "Julia", "Laura", "Sophie", "Adam", "Ben", "Charles", "Daniel", "George",
    "Henry", "Jack", "Thomas", "William",
];
const EN_SURNAMES: &[&str] = &[
    "Adams", "Baker", "Clarke", "Davies", "Evans", "Foster", "Green", "Harris", "Jackson", "King", "Lewis", "Mitchell",
    "Parker", "Roberts", "Turner", "Wood",
];
const RU_KINDS: &[&str] = &[
    "Кофейня",
    "Пекарня",
    "Автосалон",
    "Клиника",
    "Мебельная фабрика",
    "Туристическое агентство",
    "Магазин",
    "Завод",
    "Фитнес-клуб",
    "Театр",
];
const RU_TITLES: &[&str] = &[
    "Аврора",
    "Вектор",
    "Гармония",
    "Заря",
    "Империал",
    "Колибри",
    "Лагуна",
    "Меридиан",
    "Орион",
    "Престиж",
    "Ритм",
    "Север",
    "Титан",
    "Уют",
    "Феникс",
    "Эталон",
];
const EN_TITLES: &[&str] = &[
    "Harbour",
    "Northgate",
    "Silver Oak",
    "Redwood",
    "Bluebell",
    "Kingsway",
    "Lighthouse",
    "Maple",
    "Riverside",
    "Summit",
    "Westfield",
    "Brightside",
];
const EN_KINDS: &[&str] =
    &["Bakery", "Motors", "Clinic", "Furniture", "Travel", "Stores", "Foods", "Fitness", "Theatre", "Consulting"];

/// A customer who has not been there before.
pub fn customer(chance: &mut Chance) -> Customer {
    let is_russian = chance.percent(65);
    let number = chance.between(1_000_000, 9_999_999);
    let has_company = chance.percent(70);
    if is_russian {
        let is_woman = chance.percent(50);
        let first = chance.one_of(if is_woman { RU_WOMEN } else { RU_MEN });
        let last = chance.one_of(RU_SURNAMES);
        let ending = if is_woman { "а" } else { "" };
        let company = format!("{} «{} {}»", chance.one_of(RU_KINDS), chance.one_of(RU_TITLES), number % 997);
        Customer {
            name: format!("{first} {last}{ending}"),
            company: has_company.then_some(company),
            is_russian,
            phone: format!("+7916{number}"),
            email: format!("client{number}@example.ru"),
        }
    } else {
        let company = format!("{} {} {} Ltd", chance.one_of(EN_TITLES), chance.one_of(EN_KINDS), number % 997);
        Customer {
            name: format!("{} {}", chance.one_of(EN_NAMES), chance.one_of(EN_SURNAMES)),
            company: has_company.then_some(company),
            is_russian,
            phone: format!("+4420{number}0"),
            email: format!("client{number}@example.com"),
        }
    }
}
