module.exports = { answer: 42, twice: (n) => n * 2, has: [typeof require, typeof exports] };
