"""News: neutral sentences about people and matters that a set of memes mentions mostly to attack them.

Nine in ten of the set's memes that name a politician are harmful, so that a model learns the name. These sentences are
no offence to anybody. Every world of ordinary posts has patterns of its own, so that it can be measured whether a name
alone is held against them.
"""

from random import Random
from typing import Final

_PEOPLE: Final = (
    "Donald Trump",
    "President Trump",
    "Trump",
    "Joe Biden",
    "Senator Biden",
    "Bernie Sanders",
    "Hillary Clinton",
    "Barack Obama",
    "Nancy Pelosi",
    "Mike Pence",
    "Boris Johnson",
    "Xi Jinping",
    "Angela Merkel",
    "Vladimir Putin",
    "Narendra Modi",
    "Justin Trudeau",
    "Anthony Fauci",
    "Bill Gates",
    "the president",
    "the senator",
)
_PLACES: Final = ("Ohio", "China", "Wuhan", "New York", "Italy", "Iran", "Beijing", "Mexico", "London", "Washington")

PATTERNS: Final = (
    "{person} speaks in {place} on Tuesday",
    "{person} arrives in {place} for talks",
    "Live at eight: an interview with {person}",
    "{person} and {other} meet in {place}",
    "{person} signs a bill on rural roads",
    "Photo: {person} visits a school in {place}",
    "{person} thanks nurses in {place}",
    "Our trip to {place} was wonderful",
    "Flights to {place} resume in March",
    "Recipe of the week: noodles as they make them in {place}",
    "Please wear a mask on the bus",
    "Wash your hands for twenty seconds",
    "We are closed this week because of the coronavirus. See you soon!",
    "Corona update: the library in {place} opens again on Monday",
    "Vaccines are given at the town hall from nine to five",
    "Vote on Tuesday from 7 am to 8 pm. Bring your papers.",
    "Democrats and Republicans agree on a budget",
    "Election results come in after ten tonight",
    "Stay home, stay safe, see you in summer",
    "Museum of {place}: new exhibition on the history of the mask",
    "Toilet paper is back in stock",
    "Doctors in {place} share what they learned about the virus",
    "{person} gives a speech in {place}",
    "A biography of {person} is out this week",
    "{person} congratulates {other} on the new office",
    "What {person} said about trade with {place}",
    "{person} reads to children in a library",
    "Students from {place} win a chess match",
    "The weather in {place}: sunny, 21 degrees",
    "Greetings from {place}!",
    "Masks are free at the entrance. Take one!",
    "COVID-19 test centre, second floor, turn left",
    "How a virus spreads, explained in five pictures",
    "My first day back at work after quarantine",
    "Register to vote before October 5",
    "The senate votes on a new park",
    "Keep two metres apart. Thank you!",
    "A virologist from {place} answers your questions",
)


def news_sentence(random: Random, patterns: tuple[str, ...]) -> str:
    """A sentence of one of the patterns."""
    person, other = random.sample(_PEOPLE, 2)
    text = random.choice(patterns).format(person=person, other=other, place=random.choice(_PLACES))
    return text[0].upper() + text[1:]
