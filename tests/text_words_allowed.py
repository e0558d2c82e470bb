"""By chapter: what bears a quantity in words ("two thirds"), found by text_words.py, and the phrases in which it stands.

"= …" is computed of the outputs and has to lie within the word's borders, which text_words.py lists:
    n(cell, "piece", i)     the i-th number after a piece of a line: of the first line of the cell that has it
    row(cell, "piece")      all numbers after it
    rows(cell, "pattern")   the numbers of each line that matches
    names(cell, "pattern")  the neurons of each line that matches; neurons(cell) those of a ranking, the first first
    taken(cell, "panda")    how many images are taken for it after an edit, and of how many
A cell is a number, "answers 1.1", or "07:10" of another chapter. Two counts ("nine of ten") are a pair. Anything else is a
reason why the words measure nothing.
"""

METHOD = "of the method or the architecture: no training changes it"
SETTING = "a setting of the cell or the exercise"
LIST = "counts what the text itself goes on to say"
PAPER = "the paper's"
TRAINING = "of the training: iconclip/train/README.md and iconclip_train"
HELD_OUT = "which images were trained on: manifest.csv, held by the tests of iconclip"
ARGUMENT = "an argument or a question, no count"
PICTURE = "read off the pictures by eye"

SANTA = "n('01:5', 'L4F707 FFN')"
# The share of first neurons in F5: of the query neurons of neurons there each of these has ten.
FIRST_IN_F5 = "= sum(r[1] for r in rows('05:17', '^[AF][0-5] ')) / 10 / n('01:11', 'visent-mini:')"

WORDS = {
    "01": [
        ("= len(names('08:5', 'removal of Italy')[0])", "flag of Italy with three neurons"),
        ("= n('08:22', 'by the original,')", "apart, nine times"),  # without the three neurons
        ("= n('08:22', 'Told apart:', 1)", "of nine. In chapter 9"),
        ("= n(5, 'Mean over')", "Ten drawings of Santa", "Claus, by ten artists", "bring these ten drawings"),
        (PICTURE, "mostly the left one", "about half of the drawings the hat"),
        ("= rows(17, '^santa_claus 0')[0][4]", "the model hardly notices"),
        ("= n(5, 'L5F174 FFN') / n(5, 'L4F707 FFN')", "second neuron does two thirds"),
        ("= n(5, '10 L4A0H45 MSA') / n(5, 'L4F707 FFN')", "the tenth a twelfth"),
        ("= (n(3, 'claus/8:') + n(3, 'claus/3:')) / 2 / n(3, 'claus/7:')", "a quarter as much"),
        ("= max(map(abs, row(7, 'L4F707 xmas')[1:5])) / n(7, 'L4F707 xmas')", "weigh a third of it"),
        ("= (1, n(11, 'visent-mini:'))", "one of sixty"),
        ("= n(11, 'entities with') / n(11, 'visent-mini:')", "by about ten artists"),
        ("= sum(a == b for a, b in zip(neurons(5)[:5], neurons(13)[:5]))", "The same five lead"),
        ("= n(17, 'spain flags', 2) / n(17, 'santa_claus characters', 2)", "less than a quarter of Santa's"),
        (r"= len(rows(17, r'^\d+\.\d\d santa_claus/\d$'))", "The six images of 1,076"),
        ("= (len(names(21, 'both entities share')[0]), n(21, 'Of the'))", "One of fifty"),
        ("= (sum(n(5, a + ' ') > n(5, 'L4F707 FFN') / 4 for a in neurons(5)), n(9, 'neurons'))", "three of 10,368"),
        ("= sum(a[:3] in ('L4F', 'L5F') for a in neurons(5)[:4])", "the first four are FFN"),
        ("= len({*neurons('answers by-activation')[:4]} & {*neurons(5)[:4]})", "are the four with the highest"),
        ("= n('answers 1.1', '')", "five are in both"),
        (
            "= 1 + sum(r[-1] > n('answers neuron', 'castle landmarks', 2) for r in"
            " rows('answers neuron', ' (landmarks|flags|logos|animals|artworks|characters) '))",
            "The castle comes second",
        ),
        (HELD_OUT, "the other nine were"),
        (METHOD, "The other four weigh", "all five leave unsaid", "it ends: of ten,"),
        (PAPER, "accounts for most of the alignment"),
    ],
    "02": [
        ("= sorted(row('answers ranks', 'L4F707='))[4]", "`L4F707` is first on"),
        (
            "= sum(a != b for a, b in zip(*(column[:4] for column in list(zip(*names(21)))[::4])))",
            "the first two. Of", "the first two exchanged",
        ),
        (
            "= (row('answers ranks', 'L4F707=').count(1), len(row('answers ranks', 'L4F707=')))",
            "nine of ten drawings",
        ),
        ("= 1 + neurons('01:5').index('L4F1385')", "`L4F1385` is fourth in the mean"),
        (
            "= sum(a[:3] in ('L4F', 'L5F') for a in neurons('01:5')[:4])", "The first four are FFN",
            "the first four: FFN",
        ),
        ("= (n(27, 'MSA 3=') + n(27, 'MSA 4=')) / n('answers attention', '')", "neurons, most of them in"),
        ("= n(1, 'neurons') / n(1, '(L5F1535),')", "only one neuron of nine"),
        (f"= n('01:5', '10 L4A0H45 MSA') / {SANTA}", "tenth neuron has a twelfth"),
        ("= sum(list(c[:4]) == neurons('01:5')[:4] for c in zip(*names(21)))", "yes: four readings have"),
        (
            "= len(set.intersection(*({*c[:4]} for c in zip(*names(21)))))",
            "have the same first four in", "name the same four.", "same first four in all",
        ),
        (METHOD, "Five ways to read", "Five readings of one", "will the five agree", "lets almost nothing negative"),
        (SETTING, "Of ten, 6", "(6 and 7 of fifty"),
        (PAPER, "accounts for most of the alignment"),
    ],
    "03": [
        ("= -n(11, 'L5F237 kingdom') / n(11, 'L5F237 kingdom', 1)", "nearly three times the weight"),
        (SETTING, "a minute or two", "takes the first two of each"),
        (METHOD, "of a mean is half of its", "nineteen of twenty repetitions"),
        (PAPER, "has none of this"),
        ("= 1 + neurons(4).index('L4A0H24')", "`L4A0H24` is fifth"),
        ("= rows(17, 'first words stand')[0][0] / rows(17, 'first words stand')[0][1]", "Most first words name"),
        ("= (5, n(8, ''))", "five of 5,783 words"),
        ("= n(32, 'FFN', 1)", "In the median nothing is left"),
        ("= n(32, 'MSA', 1)", "more than half of those of attention"),
        ("= n(34, 'volcano landmarks', 2) / n(34, 'united_kingdom flags', 2)", "so hardly at all"),
        (
            "= len(rows('answers answer 1', 'kingdom -0.2. away -0.2. abacus .0.2. saint -0.2. amazement'))",
            "all three give the same",
        ),
        ("= 1 - row('answers answer 2', '')[-1] / row('answers answer 2', '')[0]", "it hardly moves"),
        (
            METHOD, "lets next to nothing negative", "the case hardly comes up",
            "norm comes first; of its three steps only",
        ),
        (METHOD, "The best five of thousands", "the other four are fillers", "the rest of the five is"),
        (PICTURE, "is mostly noise"),
        (ARGUMENT, "entity drives `L5F237` most after"),
    ],
    "04": [
        ("= len(row('answers silent', ''))", "coefficients of these eight lie"),
        (
            "= sum(a == b for a, b in zip(sorted(('literal', 'activation', 'gradient', 'combined'),"
            " key=lambda a: -rows(9, '^' + a + ' ')[0][2]), ('literal', 'activation', 'gradient', 'combined')))",
            "Two places of",
        ),
        ("= 1 - n(13, 'drawn at random', 1) / n(13, 'nothing', 1)", "hardly anything of the cosine"),
        ("= 1 - n(13, 'first patches', 1) / n(13, 'nothing', 1)", "more than half of the cosine"),
        ("= 1 - n(15, 'direct 10') / n(15, 'Mean cosine of image and label:')", "0.572: nothing is left"),
        ("= n(15, 'gradient 10') / n(15, 'Mean cosine of image and label:')", "finds next to nothing"),
        ('= round(10 * n(18, "literal another entity\'s label", 2))', "ten neurons one is left"),
        ("= round(10 * n(18, 'literal other half of the images', 2))", "eight). The list"),
        ("= 1 - n(18, 'literal 2 random layers', 2)", "for nearly all of them sit in"),
        ("= (n('answers others', 'santa_claus'), 10)", "Six of ten for Santa"),
        ("= n('answers others', 'panda')", "five for the panda"),
        ("= n('answers others', 'spain')", "four for Spain"),
        ("= n('answers others', 'moai')", "three for the moai"),
        (
            METHOD, "Four scores for", "All four look", "the four lists for", "which of the four will",
            "is nearest of the four",
        ),
        (METHOD, "places of four are", "order of the three,", "answers to four different"),
        (SETTING, "takes two of each entity", "faithful with ten neurons", "at ten neurons", "one and three neurons"),
        (SETTING, "falls behind at ten", "with thirty neurons the best", "Ten neurons drawn", "from ten neurons on"),
        (
            SETTING, "Ten neurons cost", "0.95 (between halves)", "(between halves: ", "the two halves",
            "with two 6 %", "one and two random",
        ),
        (SETTING, "good for three neurons, behind for ten"),
        (TRAINING, "in most of the training whole patches were left out; none had holes"),
        (LIST, "Two reservations"),
        (ARGUMENT, "even if none of its"),
    ],
    "05": [
        ("= n('01:5', 'Mean over')", "mean over ten images is less"),
        ("= min(sum(r[k] for r in rows(17, '^A[0-5] ')) / sum(r[k] for r in rows(17, '^[AF][0-5] ')) for k in (0, 1))", "Most are in attention blocks for both"),
        ("= 1 - sum(r[1] for r in rows(17, '^A[0-5] ')) / sum(r[1] for r in rows(17, '^[AF][0-5] '))", "to nearly a third"),
        ("= n(3, 'L4A0H11 MSA') / n(3, 'L4F977 FFN')", "the third has a quarter"),
        ("= (n(1, '10,368:') / n(1, '(L5F1535),'), n(1, 'neurons') / n(1, '(L5F1535),'))", "eight of nine would"),
        ("= (1, n(1, 'image tower') / 2)", "one of three in the last"),
        ("= n(7, 'F3=') + n(7, 'A4=') + n(7, 'A5=')", "The other six are spread"),
        (
            "= (n('answers direct', 'F4=') + n('answers direct', 'F5=') - n(7, 'F4=') - n(7, 'F5=')) / 3 / n(5, '')",
            "Hardly: 179 of 180",
        ),
        ("= (1, n(1, 'neurons') / n(1, '(L5F1535),'))", "would be one in nine"),
        ("= rows(17, '^F4 ')[0][1] / sum(r[1] for r in rows(17, '^[AF][0-5] '))", "a fifth of what drives"),
        ("= n(9, 'point of query neurons 20:')", "a quarter is still left at rank 20"),
        ("= n('answers 5.3', '')", "0.11: less than a fifth"),
        (PAPER, "in four parts", "reproduces the four parts", "all four parts", "The three neurons with the highest"),
        (PAPER, "1,024: four of five.)", "knowledge neurons, most query neurons", "(c) query neurons | mostly MSA"),
        (PAPER, "the paper's *mostly MSA*"),
        (TRAINING, "with three more terms", "most a tenth may", "each entity six times as often"),
        (
            SETTING, "The top three are not", "By hand, for three entities", "With thirty neurons each",
            "its ten images",
        ),
        (METHOD, "half of the first neuron's improvement", "Half of the strongest effect", "half at rank 4"),
        (METHOD, "no neuron serves two entities"),
        (
            ARGUMENT, '"most are in FFNs"', "is mostly read by later", "few neurons do most.",
            "most of these little ones",
        ),
    ],
    "06": [
        ("= min(n(13, f'A{k}') / n(13, f'A{k}', 1) for k in range(4)) - 1", "nearer by more than half"),
        ("= n('answers same', 'not') / n('answers same', 'of')", "little more than half there is"),
        (LIST, "29 have none"),
        ("= n(1, 'image tower')", "go through six layers"),
        ("= sum(x > 0.1 for r in rows(5, '^[0-5] ') for x in r[1:])", "In two jumps"),
        (
            "= sum(sum(r[1:]) for r in rows(5, '^[0-3] ')) / (rows(5, '^4 ')[0][2] + rows(5, '^5 ')[0][2])",
            "the cosine hardly moves",
        ),
        ("= sum('A' in a for a in neurons(7))", "the others are eight attention"),
        (r"= sum(r[-1] > 7 for r in rows(7, r'^\d+ L')[1:])", "none with more than 7 %"),
        ("= (round(n(9, 'an entity share')), 10)", "About five of ten: 5.3"),
        ("= round(10 * 10 / n(1, 'neurons'))", "it would be none"),
        ("= n(9, 'an entity share') / 10", "half of them return"),
        (r"= len(rows(15, r'^★ \S+ ★ L5F855 ')) / 2", "query neurons of `L5F855` one is shared"),
        (r"= len(rows(15, r'^★ \S+ ★ L4F988 ')) / 2", "best one is shared, `L4A0H41`"),
        (r"= len(rows(15, r'^★ \S+ (★ )?(?!L5F855|L4F988)L'))", "Of all the others, none"),
        ("= rows(17, '^1 ')[0][1]", "Three quarters of the first step"),
        ("= rows(17, '^2 ')[0][1]", "half of the second"),
        ("= rows(17, '^3 ')[0][1]", "four in ten of the third"),
        ("= 1 - n(19, 'on the card for') / n(19, 'Of')", "Mostly not."),
        (r"= len(rows(20, r' L\dF\d+ \w+ L\dF\d+ \w+$'))", "of the ten in the table"),
        (r"= len(rows(20, r'(?i)\b(\w+)\b.* (L\dF\d+) \w+ (?!\2)L\dF\d+ \1$'))", "four card neurons say"),
        ("= sum(a[:3] == 'L4F' for a in neurons('answers queries-1'))", "why can none of them be in F4"),
        ("= sum(a[:2] == 'L4' for a in neurons('answers queries-2'))", "why is none of layer 4"),
        ("= (n('answers 6.1', ''), len(neurons('answers queries-1')))", "Nine of the ten best"),
        ("= sum(a[:3] == 'L3A' for a in neurons('answers queries-1'))", "one is in A3"),
        (
            "= (sum('F' in a for a in neurons('answers queries-2')), len(neurons('answers queries-2')))",
            "Eight of the ten are FFN",
        ),
        ("= n('answers 6.2', '')", "two are MSA neurons"),
        (SETTING, "how many of ten will", "take the five strongest", "Of the three best", "*its* three best"),
        (SETTING, "graphs of three steps and two branches", "5.3 of ten;", "how many of the ten are"),
        (METHOD, "same neuron comes first", "none among its ten best"),
    ],
    "07": [
        ("= n(6, 'residual suppression', 1) / (n(6, 'residual suppression') + n(6, 'residual suppression', 1))", "a little less than a fifth"),
        ("= n(6, 'complete removal', 1)", "nothing happens, as the paper"),
        ("= n(3, 'Mean over')", "One neuron on ten drawings"),
        (
            "= (n(10, 'both: complete removal') - n(10, 'nobody: residual suppression'))"
            " / (n(10, '(nothing silenced)') - n(10, 'nobody: residual suppression'))",
            "Three quarters of the loss",
            "three quarters are made good",
        ),
        ("= n(14, 'rises; in full,')", "*most neurons rise*"),
        ("= n(14, 'The improvements change by') / n(14, 'together; in full, by')", "But most of it is not"),
        ("= 1 - n(16, 'A share of')", "four of ten that rise"),
        (FIRST_IN_F5, "0.160: most first neurons"),
        ("= 1 - n('answers falls', '10 neurons: residual') / n(6, 'original')", "leaves nothing of 0.559"),
        ("= 1 - n('answers falls', '10 neurons: residual', 1) / n(6, 'original')", "complete removal leaves half"),
        (SETTING, "complete removal of ten", "With ten neurons residual", "for ten 0.274"),
        (PAPER, "found that **nothing happens**", "finds that most of these", "| most, and most |", "| most of the 50"),
        (TRAINING, "in a fifth of the steps"),
        (ARGUMENT, "If most rise", "than the half that a coin"),
    ],
    "08": [
        ("= len(rows(12, '^iconclip ')) - 1", "Of the ten, Italy and"),
        ("= len([r for r in rows(12, '^iconclip ') if r[5] == 1])", "any drawing; four (alien"),
        (
            "= (sum(r[2] < r[4] for r in rows(12, '^iconclip alien monster ')), n(12, 'below that max in'))",
            "is one of the five that fell",
        ),
        ("= n(5, 'The cosine falls by') / n(5, 'images), from')", "0.390, three quarters of it"),
        ("= taken(5, 'Italy')[0]", "and none of the"),
        (
            '= n(5, "Student\'s t over")',
            "the nine drawings is",
            "to any of the nine.",
            "from these nine drawings",
            "on the same nine.",
        ),
        (
            "= 1 - len(rows(5, '^Of 567 other images none is taken'))",
            "Nothing else changed: of 567 other images none is",
        ),
        ('= n(12, "Student\'s t over")', "takes ten of our", "over all ten entities", "of the ten entities above"),
        ("= 1 - rows(15, '^300 ')[0][2] / n(5, 'images), from')", "random change next to nothing"),
        (r"= min(r[0] for r in rows(15, r'^\d+ L') if r[1] < r[3])", "For Italy three are enough"),
        (r"= min(r[0] for r in rows(15, r'^\d+ L') if r[1] < r[4])", "and ten pass the lower bound"),
        (r"= min(r[0] for r in rows(15, r'^\d+ L') if r[1] < 0)", "From ten neurons on"),
        ("= n(18, 'France', 1) - n(18, 'France', 2)", "All nine of its flags"),
        ("= 30 * len(rows('answers 30', '^France 9 9 0$'))", "pays at thirty already"),
        ("= 10 * len(rows('answers 10', '^Of 567 other images none'))", "not yet at ten.)"),
        ("= 1 + n(5, 'lower bound: mean of', 1)", "each of the ten flags"),
        ("= 1 - n(12, 'below that max in') / n(12, 'below that max in', 1)", "half of the"),
        ("= len(names('answers twice', 'removal of Italy')[0])", "Each time the next three"),
        (
            "= len({*names('answers complete', 'removal of Italy')[0]} & {*names(5, 'removal of Italy')[0]})",
            "The same three neurons, and",
        ),
        ("= taken('answers complete', 'Italy')[0]", "**all nine are still"),
        (PAPER, "three neurons each", "falls by more than a quarter when three neurons", "The paper's three is"),
        ("= sum(a[:3] in ('L4F', 'L5F') for a in names(5, 'removal of Italy')[0])", "Three neurons of 10,368"),
        ("= sum(a[:3] == 'L5F' for a in names('answers complete', 'removal of Italy')[0])", "after the two neurons of"),
        (
            SETTING, "takes back the three neurons", "here:** three neurons take",
            "neurons: three hundred",
        ),
        (
            SETTING, "What do a hundred", "some of the hundred", "without its three", "A hundred neurons do",
            "three hundred neither",
        ),
        (SETTING, "- Three neurons take 5", "| three neurons take the", "three times in a row", "of the three edits"),
        (
            SETTING, "from the first four drawings, and measure on the other five.", "of the five after",
            "to the nine drawings",
        ),
        (SETTING, "No. The five that were", "as far as the nine do"),
        (HELD_OUT, "on two of the five, either"),
    ],
    "09": [
        (SETTING, "takes the first five pictures"),
        ("= 1 - len(rows(25, '^Of 576 other images none is taken'))", "fine-tuning none"),
        (r"= (len(rows(4, r'^\D+ \d+ 0 ')), n(4, 'bootstrap over'))", "seven of the sixty"),
        (r"= len(rows(4, r'^\D+ \d+ 0 '))", "all seven that were", "over seven names"),
        ("= n('01:9', 'image tower')", "This model has six layers"),
        ("= taken(10, 'panda')", "Four of five, and"),
        ("= 1 - len(rows(10, '^Of 576 other images none'))", "and none of 576. The"),
        ("= n(13, 'koalas on their heads', 3)", "one of them half"),
        ("= (len(rows(14, '^L5F')), n('01:9', 'channels, FFN'))", "Six of the 1,536"),
        (
            "= max(n(19, a + ' L5F', 1) - n(19, a + ' L5F') for a in ('princess', 'castle'))",
            "Princess and castle are hardly learned",
        ),
        ("= n(25, 'fine-tuning of panda,')", "Eight steps of", "had eight steps"),
        (
            "= min(taken(25, 'panda'), taken(26, 'panda'))",
            "recognise four of five",
        ),
        ("= n(28, 'elephant', 1) - n(28, 'elephant', 2)", "**five elephants are lost"),
        (r"= 1 + sum(x > rows(6, '^0 ')[0][3] for r in rows(6, r'^\d ') for x in (r[1], r[3]))", "`L0F` comes first"),
        ("= n(28, 'other images')", "cost six drawings"),
        (
            "= n('answers one', 'a picture of panda\"', 1) - n('answers one', 'a picture of panda\"')",
            "hardly at all. The address",
        ),
        ("= n('answers 9.2', '') - n(10, 'a picture of panda\"', 1)", "Next to nothing: 0.322"),
        (
            "= min(taken('answers ridge-1', 'panda'), taken('answers ridge-2', 'panda'))",
            "four of five either way",
        ),
        (
            "= 2 - sum(len(rows(c, '^Of 576 other images none')) for c in ('answers ridge-1', 'answers ridge-2'))",
            "way, none of 576 moved",
        ),
        ("= taken('answers wrong-name', 'castle')[0]", "All five are taken for a castle"),
        ("= 1 - len(rows('answers wrong-name', '^Of 576 other images none'))", "other images none is taken"),
        (
            PAPER, "(two in each of 24 layers)", "CLIP hardly ever", "\"in most cases", "about twenty)",
            "teaches ten names",
        ),
        (
            PAPER, "they have four times as many", "ten flowers and birds", "data set by five points",
            "than two hundred birds",
        ),
        (
            SETTING, "Five pandas teach", "The other five are kept", "on the five alone", "of the five that were",
            "In the mean the five",
        ),
        (
            SETTING, "each with five pictures", "with five pictures",
            "Five of the seven names, three animals and two places",
        ),
        (
            SETTING, "from five pictures each", "five names at once", "of the other nine", "of the five others",
            "what the five pandas", "With five it goes",
        ),
        (HELD_OUT, "all five were among"),
        (METHOD, "none of them has it as its key"),
        (ARGUMENT, "hardly overlap", "it makes none"),
    ],
    "10": [
        (LIST, "Beside them two rows"),
        (SETTING, "collect about ten pictures"),
        ("= (n(11, 'iconclip-shuffled'), 10)", "fails this one: ten of ten above"),
        ("= rows(7, '^iconclip-shuffled ')[0][2] / rows(7, '^iconclip ')[0][2]", "That is a third of the 0.345"),
        (
            "= sum(n(9, f'point of iconclip {k}:') > n(9, f'point of iconclip-shuffled {k}:') for k in range(1, 11))",
            "three neurons stand out against this",
        ),
        ("= (n(11, 'too: iconclip'), 10)", "One of ten in iconclip"),
        ("= n(11, 'iconclip-gelu')", "two with the other activation"),
        ("= n(11, 'iconclip-shuffled')", "All ten in the shuffled"),
        (FIRST_IN_F5, "for most first neurons sit"),
        ("= sum(a == b for a, b in zip(neurons(19)[:5], neurons('01:5')[:5]))", "The same five in the same order"),
        (METHOD, "simple: eight bytes", "about three digits", "this folder has none"),
        (SETTING, "right one of 60 names", "a die with sixty sides", "Will the five leading"),
        (PAPER, "for all three are in one place", "The three agree", "changes almost nothing", "about two points"),
    ],
    "README": [
        (
            "= (n('07:8', 'iconclip entities, neuron of the entity', 2) - n('07:8', 'iconclip entities, neuron of the entity', 4))"
            " / (n('07:8', 'iconclip entities, neuron of the entity') - n('07:8', 'iconclip entities, neuron of the entity', 4))",
            "hardly for the first neuron",
        ),
        (FIRST_IN_F5, "since most first neurons"),
        ('= n(\'08:12\', "Student\'s t over")', "(ten entities, top 3)"),
        (r"= len(rows('09:4', r'^\D+ \d+ 0 '))", "the seven names whose"),
        (METHOD, "word among five for"),
        (SETTING, "by five such drawings"),
    ],
}  # fmt: skip
