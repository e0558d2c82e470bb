"""Numbers of the chapters' text that no output says: the paper's, sums of numbers that outputs say, and settings."""

# Printed in the paper: no training changes them. They are accepted where the text speaks of the paper or its models.
PAPER = set(
    """
    122,880 400 4,096 1,024 224 24 48 5,000
    70.13 82.02 69.05 65.43 82 65 70 75 31
    23.71 23.76 21.48 33.06 32.94 31.26 28.62 28.50 26.72 0.022 0.237 0.0005 0.0012
    22.92 18.02 16.61 16.99 13.57 72.20
    0.97 70.80 85.18 65.93 71.90 85.95 65.29 72.12 86.60 70.93 72.23 79.5 62.1 80.09 72.01
    """.split()
)

# By chapter: the number, words beside it, and why it may stand. "=" is computed of numbers that the outputs say.
HELD_OUT = "of the embedded images: heldout_accuracy.csv and manifest.csv, held by the tests of iconclip"
ALLOWED = {
    "01": [
        ("1,076", "images of 1,076", "= 576 + 500"),
    ],
    "02": [
        ("0.10", "together take 0.10 away", "= 0.4876 - 0.5842"),
        ("10,367", "computed 10,367 more", "= 10368 - 1"),
        ("384", "384 multiplications", "= 2 * 192"),
        ("36,864", "instead of 36,864", "= 192 * 192"),
    ],
    "03": [
        ("224", "A photograph of 224 × 224", "the size that ViT-L/14 reads"),
        ("9.8", "biases take 9.8 away", "= 4.6009 + 0.6914 + 4.5195"),
    ],
    "04": [
        ("12", "12 × 12 pixels", "the size of a patch, as on the model's card"),
        ("8 %", "(8 % each)", "a setting of the training: iconclip/train/iconclip_train/augment.py"),
        ("16 %", "take 16 %", "= 100 - 100 * 7.896 / 9.374"),
        ("−16 %", "−16 % (random)", "= 100 - 100 * 7.896 / 9.374"),
        ("14", "14 × 14 pixels", "the size of a patch of ViT-L/14"),
        ("83 %", "take 83 %", "= 100 - 100 * 1.595 / 9.374"),
        ("−83 %", "−83 %", "= 100 - 100 * 1.595 / 9.374"),
    ],
    "05": [
        ("180", "180", "= 60 * 3"),
        ("174", "174", "= 113 + 61"),
        ("179", "179", "= 55 + 124"),
        ("36", "36 of its 180", "the model before, which is not trained again"),
        ("53", "about 53", "= 60 * 9216 / 10368"),
        ("70", "70 of 80", "= 1 + 1 + 22 + 46"),
        ("80", "70 of 80", "= 1 + 2 + 1 + 22 + 8 + 46"),
        ("358", "358 of 520", "= 9 + 4 + 8 + 95 + 194 + 48"),
        ("520", "358 of 520", "= 9 + 6 + 4 + 8 + 3 + 95 + 51 + 194 + 102 + 48"),
        ("69 %", "(69 %)", "= 100 * (9 + 4 + 8 + 95 + 194 + 48) / (9 + 6 + 4 + 8 + 3 + 95 + 51 + 194 + 102 + 48)"),
        ("600", "of 600 query neurons", "= 60 * 10"),
    ],
    "07": [
        ("52", "sixty first neurons 52 sit", "chapter 5: its neurons in F5 have 520 query neurons, ten each"),
        ("50 %", "of all 50 %", "= 100 * 0.5000"),
        ("0.041", "0.041 and 0.010", "= 0.5712 - 0.5299"),
        ("0.041", "is worth 0.041", "= 0.5712 - 0.5299"),
        ("0.010", "0.041 and 0.010", "= 0.5712 - 0.5611"),
        ("1.9", "(± 1.9)", "= 100 * 0.019"),
        ("1.5", "(± 1.5)", "= 100 * 0.015"),
        ("3", "for 3, 10, 30, 100", "a setting"),
        ("10", "for 3, 10, 30, 100", "a setting"),
        ("30", "for 3, 10, 30, 100", "a setting"),
        ("100", "for 3, 10, 30, 100", "a setting"),
        ("3", "3, 10, 30 and 100", "a setting"),
        ("10", "3, 10, 30 and 100", "a setting"),
        ("30", "3, 10, 30 and 100", "a setting"),
        ("100", "3, 10, 30 and 100", "a setting"),
        ("60", "from 60 to 51", "the model before"),
        ("51 %", "from 60 to 51", "the model before"),
    ],
    "08": [
        ("56", "of the 56 that", HELD_OUT),
        ("6", "6 of 10", "the paper's"),
        ("2", "2 of 10", "the paper's"),
        ("10,368", "of 10,368", "the model's card, in chapters 1 to 7"),
    ],
    "09": [
        ("0.01", "a ridge, 0.01", "a setting"),
        ("8", "matrices of rank 8", "a setting of the paper"),
        ("32", "α = 32", "a setting of the paper"),
        ("3.2 points", "gains 3.2 points", "the paper's, 82.74 less 79.50: its Table 8"),
        ("0.8", "loses 0.8", "the paper's, 62.10 less 61.27: its Table 8"),
        ("50", "from 50 to 100 %", "the paper's"),
        ("100 %", "from 50 to 100 %", "the paper's"),
        ("57 %", "57 %", "= 100 * 20 / 35"),
        ("1,536", "1,536 neurons", "the model's card, in chapters 1 to 7"),
        ("65 %", "65 %", "= 100 * (0.1640 + 0.1314 + 0.1269 + 0.08568 + 0.07510 + 0.07067)"),
    ],
    "10": [
        ("56.90", "all sixty entities", "chapter 7: 0.5690"),
        ("41.27", "all sixty entities", "chapter 7: 0.4127"),
        ("40.79", "all sixty entities", "chapter 7: 0.4079"),
        ("15.6 points", "costs 15.6 points", "chapter 7: 0.5690 less 0.4127"),
        ("16.1", "and 16.1 when", "chapter 7: 0.5690 less 0.4079"),
        ("0.02", "no more than 0.02", "of the two functions, whatever the model"),
        ("576", "576", HELD_OUT),
        ("65", "65 among them", HELD_OUT),
        ("511", "other 511", HELD_OUT),
        ("60", "60 names", HELD_OUT),
        ("9", "in 9 of 576", "= 0.01563 * 576"),
        ("0.1213", "0.1213", "chapter 1, on the model's own files"),
        ("55.89", "55.89", "= 100 * 0.5589"),
        ("55.78", "55.78", "= 100 * 0.5578"),
        ("45.64", "45.64", "= 100 * 0.4564"),
        ("99.5", "in the place of 99.5", "= 100 * 0.9948"),
        ("18 %", "loses more, 18 %", "= 100 - 100 * 0.4564 / 0.5589"),
        ("5", "against 5 to 9 %", "the paper's, 33.06 less 31.26: its Table 6"),
        ("9 %", "5 to 9 %", "the paper's, 23.71 less 21.48: its Table 6"),
    ],
    "README": [
        ("180", "174 of the 180", "= 60 * 3"),
        ("0.049", "[0.049", "printed by iconclip/train/report"),
        ("0.075", "0.075]", "printed by iconclip/train/report"),
    ],
}  # fmt: skip
