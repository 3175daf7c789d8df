//! The sellers and their habits.

use letopis_domain::ids::EmployeeId;

/// How someone works.
#[derive(Clone, Copy, Debug)]
pub struct Habit {
    /// Their name.
    pub name: &'static str,
    /// The team: an index into the company's teams.
    pub team: usize,
    /// How many leads they get, compared with others.
    pub share: u32,
    /// Shortest and longest time to the first call, in minutes of work.
    pub first_call_minutes: (i64, i64),
    /// How often a call is answered, in percent.
    pub answered_percent: i64,
    /// How often they try before they give up.
    pub attempts: u32,
    /// How many of those they reach become deals, in percent.
    pub qualifies_percent: i64,
    /// How many of their deals are won, in percent.
    pub wins_percent: i64,
    /// How often they note what they learned, in percent.
    pub notes_percent: i64,
    /// How often they record a meeting days later, in percent.
    pub late_percent: i64,
    /// Whether they leave leads alone and reject them in bursts before deadlines.
    pub is_dumper: bool,
    /// Whether they declare high probabilities whatever happens.
    pub is_optimist: bool,
}

/// A seller.
#[derive(Clone, Debug)]
pub struct Seller {
    /// Their id.
    pub id: EmployeeId,
    /// How they work.
    pub habit: Habit,
    /// Whether they have left.
    pub has_left: bool,
    /// Leads they left alone, by number.
    pub idle: Vec<usize>,
}

const DILIGENT: Habit = Habit {
    name: "",
    team: 0,
    share: 10,
    first_call_minutes: (5, 90),
    answered_percent: 62,
    attempts: 4,
    qualifies_percent: 58,
    wins_percent: 42,
    notes_percent: 55,
    late_percent: 5,
    is_dumper: false,
    is_optimist: false,
};

/// All of them.
pub const HABITS: &[Habit] = &[
    Habit { name: "Анна Орлова", wins_percent: 52, notes_percent: 80, ..DILIGENT },
    Habit { name: "Иван Петров", share: 9, ..DILIGENT },
    Habit { name: "Марина Соколова", first_call_minutes: (15, 240), answered_percent: 55, ..DILIGENT },
    Habit {
        name: "Дмитрий Волков",
        share: 18,
        first_call_minutes: (600, 2_400),
        answered_percent: 35,
        attempts: 1,
        qualifies_percent: 35,
        wins_percent: 25,
        notes_percent: 5,
        is_dumper: true,
        ..DILIGENT
    },
    Habit { name: "Olga Smirnova", team: 1, late_percent: 35, ..DILIGENT },
    Habit {
        name: "James Carter",
        team: 1,
        share: 12,
        qualifies_percent: 80,
        wins_percent: 18,
        notes_percent: 20,
        is_optimist: true,
        ..DILIGENT
    },
    Habit { name: "Emily Brown", team: 1, first_call_minutes: (3, 45), wins_percent: 48, ..DILIGENT },
    Habit { name: "Peter Hughes", team: 1, notes_percent: 15, attempts: 2, ..DILIGENT },
    Habit { name: "Сергей Кравцов", team: 2, ..DILIGENT },
    Habit {
        name: "Наталья Белова", team: 2, first_call_minutes: (60, 600), notes_percent: 70, ..DILIGENT
    },
    Habit { name: "Robert Ellis", team: 2, answered_percent: 50, qualifies_percent: 45, ..DILIGENT },
    Habit { name: "Татьяна Громова", team: 2, wins_percent: 38, late_percent: 20, ..DILIGENT },
];
