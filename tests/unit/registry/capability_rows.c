#include "capability_rows.h"

/* clang-format off */
const struct capability_group capability_groups[] = {
/* "Nobody ever has one by default": the seven, and their anticapabilities, for whoever is unknown. */
{"unknown source, default allow", NULL, "", {
    "x => yes default", "-x => no default", "foo.bar => yes default", "-foo.bar => no default",
    "X => yes default", "8ball => yes default",
    "owner => no owner_asked", "-owner => yes owner_asked", "OWNER => no owner_asked",
    "admin => no privileged", "-admin => yes privileged", "Admin => no privileged",
    "trusted => no privileged", "-trusted => yes privileged",
    "op => no privileged", "-op => yes privileged", "halfop => no privileged",
    "-halfop => yes privileged", "voice => no privileged", "-voice => yes privileged",
    "protected => no privileged", "-protected => yes privileged",
    "x.op => yes default", "owners => yes default"}},
{"unknown source, default deny", NULL, "deny", {
    "x => no default", "-x => yes default", "foo.bar => no default", "-foo.bar => yes default",
    "owner => no owner_asked", "-owner => yes owner_asked", "admin => no privileged",
    "-admin => yes privileged", "trusted => no privileged", "-trusted => yes privileged",
    "op => no privileged", "#c.x => yes channel_default", "#c.-x => no channel_default"}},
{"unknown source, channel", NULL, "", {
    "#c.x => yes channel_default", "#c.-x => no channel_default", "#c,x => yes channel_default",
    "#other.x => yes channel_default", "#c.op => no privileged", "#c.-op => yes privileged",
    "#c.halfop => no privileged", "#c.-halfop => yes privileged", "#c.voice => no privileged",
    "#c.-voice => yes privileged", "#c.protected => no privileged",
    "#c.-protected => yes privileged", "#c.owner => no privileged", "#c.-owner => yes privileged",
    "#c.admin => no privileged", "#c.trusted => no privileged", "#c.-trusted => yes privileged",
    "#new.topic.x => yes channel_default", "#new.op => no privileged"}},

{"account, nothing set", "", "", {
    "x => yes default", "-x => no default", "owner => no owner_asked", "-owner => yes owner_asked",
    "admin => no privileged", "-admin => yes privileged", "trusted => no privileged",
    "-trusted => yes privileged", "#c.x => yes channel_default", "#c.-x => no channel_default",
    "#c.op => no privileged", "#c.-op => yes privileged"}},
{"account, nothing set", "", "deny chan-deny", {
    "x => no default", "-x => yes default", "#c.x => no channel_default",
    "#c.-x => yes channel_default", "#other.x => yes channel_default", "op => no privileged"}},

{"own set", "x -y foo.bar -foo.baz admin -trusted", "", {
    "x => yes own_set", "-x => no own_set", "y => no own_set", "-y => yes own_set",
    "foo.bar => yes own_set", "-foo.bar => no own_set", "foo.baz => no own_set",
    "-foo.baz => yes own_set", "admin => yes own_set", "-admin => no own_set",
    "trusted => no own_set", "-trusted => yes own_set", "z => yes default", "-z => no default",
    "foo => yes default", "bar => yes default", "X => yes own_set", "-Y => yes own_set",
    "Foo.BAR => yes own_set", "op => no privileged"}},
{"own set", "x -y", "deny d:-x d:y r:-x r:y", {
    "x => yes own_set", "-x => no own_set", "y => no own_set", "-y => yes own_set",
    "z => no default", "-z => yes default"}},
{"own set, both signs by hand", "x -x owner -owner #c.op #c.-op", "", {
    "x => no own_set", "-x => yes own_set", "owner => no owner_asked", "-owner => yes owner_asked",
    "y => yes default", "admin => no privileged", "#c.op => no own_set", "#c.-op => yes own_set",
    "#c.x => yes channel_default"}},
{"privileged names are granted by name", "op halfop voice protected", "", {
    "op => yes own_set", "-op => no own_set", "halfop => yes own_set", "voice => yes own_set",
    "protected => yes own_set", "#c.op => no privileged", "#c.voice => no privileged",
    "#c.x => yes channel_default"}},

/* "account has owner -> t is not an anticapability" */
{"owner", "owner", "deny chan-deny", {
    "owner => yes owner_asked", "-owner => no owner_asked", "x => yes owner", "-x => no owner",
    "admin => yes owner", "-admin => no owner", "trusted => yes owner", "-trusted => no owner",
    "op => yes owner", "#c.x => yes owner", "#c.-x => no owner", "#c.op => yes owner",
    "#c.-op => no owner", "foo.bar => yes owner", "-foo.bar => no owner", "#c.owner => yes owner"}},
{"owner beats what else stands in the own set", "owner -x #c.-y -admin", "d:-x c:-y", {
    "x => yes owner", "-x => no owner", "#c.y => yes owner", "#c.-y => no owner",
    "admin => yes owner", "-admin => no owner"}},
{"owner by default is nobody", "", "d:owner r:owner D:owner R:owner", {
    "owner => no owner_asked", "-owner => yes owner_asked", "admin => no privileged",
    "-admin => yes privileged"}},
{"-owner", "-owner x", "", {
    "owner => no owner_asked", "-owner => yes owner_asked", "x => yes own_set", "y => yes default"}},
{"the owner of a channel is none of the bot", "#c.owner", "", {
    "owner => no owner_asked", "-owner => yes owner_asked", "admin => no privileged",
    "#c.owner => yes own_set", "#c.-owner => no own_set", "#c.op => no privileged",
    "#c.x => yes channel_default"}},

/* "account ignored -> t is an anticapability" */
{"ignored account", "owner x #c.op trusted", "ignored", {
    "owner => no ignored", "-owner => yes ignored", "x => no ignored", "-x => yes ignored",
    "y => no ignored", "-y => yes ignored", "trusted => no ignored", "-trusted => yes ignored",
    "#c.op => no ignored", "#c.-op => yes ignored", "#c.x => no ignored", "#c.-x => yes ignored"}},
{"ignored account", "", "ignored d:x", {
    "x => no ignored", "-x => yes ignored", "admin => no ignored", "#c.x => no ignored"}},

/* "admin has no bypass", "global and channel capabilities do not satisfy each other" */
{"admin has no bypass", "admin", "deny chan-deny", {
    "admin => yes own_set", "owner => no owner_asked", "-owner => yes owner_asked",
    "trusted => no privileged", "x => no default", "-x => yes default", "#c.op => no privileged",
    "#c.x => no channel_default", "#c.admin => no privileged", "op => no privileged"}},
{"global is not channel", "x -y trusted", "", {
    "#c.x => yes channel_default", "#c.-x => no channel_default", "#c.y => yes channel_default",
    "#c.-y => no channel_default", "#c.trusted => no privileged", "#c.-trusted => yes privileged"}},
{"global is not channel", "x -y", "chan-deny", {
    "#c.x => no channel_default", "#c.-x => yes channel_default", "#c.y => no channel_default"}},
{"channel is not global", "#c.x #c.-y #c.trusted #c.admin", "", {
    "x => yes default", "y => yes default", "-y => no default", "trusted => no privileged",
    "admin => no privileged", "#c.x => yes own_set", "#c.y => no own_set", "#c.-y => yes own_set",
    "#c.trusted => yes own_set", "#d.x => yes channel_default", "#d.y => yes channel_default"}},
{"channel is not global", "#c.x #c.op", "deny", {
    "x => no default", "-x => yes default", "op => no privileged", "-op => yes privileged"}},

/* "own set has #channel.op -> t is not an anticapability" */
{"#channel.op", "#c.op", "chan-deny c:-x", {
    "#c.op => yes own_set", "#c.-op => no own_set", "#c.x => yes channel_op",
    "#c.-x => no channel_op", "#c.y => yes channel_op", "#c.-y => no channel_op",
    "#c.voice => yes channel_op", "#c.protected => yes channel_op", "#c.foo.bar => yes channel_op",
    "#C.x => yes channel_op", "#c,x => yes channel_op", "#d.x => yes channel_default",
    "#d.op => no privileged", "x => yes default", "op => no privileged", "owner => no owner_asked"}},
{"own #c.-x beats own #c.op", "#c.op #c.-x", "", {
    "#c.x => no own_set", "#c.-x => yes own_set", "#c.y => yes channel_op",
    "#c.-y => no channel_op", "#c.op => yes own_set"}},
{"#c.-op", "#c.-op #c.x", "", {
    "#c.op => no own_set", "#c.-op => yes own_set", "#c.x => yes own_set",
    "#c.y => yes channel_default", "#c.voice => no privileged"}},
{"the channel's default set makes no op", "", "c:op c:halfop c:voice c:protected c:trusted", {
    "#c.op => no privileged", "#c.-op => yes privileged", "#c.halfop => no privileged",
    "#c.voice => no privileged", "#c.-voice => yes privileged", "#c.protected => no privileged",
    "#c.trusted => no privileged", "#c.x => yes channel_default", "trusted => no privileged"}},

{"channel's default set", NULL, "c:x c:-y c:foo.bar c:-op", {
    "#c.x => yes channel_set", "#c.-x => no channel_set", "#c.y => no channel_set",
    "#c.-y => yes channel_set", "#c.z => yes channel_default", "#c.foo.bar => yes channel_set",
    "#C.X => yes channel_set", "#c.op => no channel_set", "#c.-op => yes channel_set",
    "#d.y => yes channel_default", "x => yes default", "y => yes default"}},
{"channel's default set", "", "c:x c:-y chan-deny", {
    "#c.x => yes channel_set", "#c.y => no channel_set", "#c.z => no channel_default",
    "#c.-z => yes channel_default"}},
{"own set before the channel's", "#c.-x #c.y", "c:x c:-y", {
    "#c.x => no own_set", "#c.-x => yes own_set", "#c.y => yes own_set", "#c.-y => no own_set"}},
{"no bot's default in a channel", NULL, "d:x d:-y r:-z deny", {
    "#c.x => yes channel_default", "#c.y => yes channel_default", "#c.-y => no channel_default",
    "#c.z => yes channel_default"}},
{"a channel is of one network", NULL, "net:B c:-x chan-deny", {
    "#c.x => yes channel_default", "#c.-x => no channel_default", "#c.y => yes channel_default"}},

{"bot's default set", NULL, "d:x d:-y d:foo.bar", {
    "x => yes default_set", "-x => no default_set", "y => no default_set", "-y => yes default_set",
    "z => yes default", "foo.bar => yes default_set", "foo => yes default", "Y => no default_set"}},
{"bot's default set", NULL, "d:x d:-y deny", {
    "x => yes default_set", "-x => no default_set", "y => no default_set", "z => no default",
    "-z => yes default"}},
{"bot's default set gives nothing privileged", "", "d:owner d:admin d:trusted d:op d:voice", {
    "owner => no owner_asked", "admin => no privileged", "-admin => yes privileged",
    "trusted => no privileged", "-trusted => yes privileged", "op => no privileged",
    "voice => no privileged", "-voice => yes privileged"}},
{"bot's default set may take", NULL, "d:-admin d:-trusted", {
    "admin => no default_set", "-admin => yes default_set", "trusted => no default_set"}},
{"bot's default set, both signs by hand", NULL, "d:x d:-x", {
    "x => no default_set", "-x => yes default_set"}},

{"registered users", "", "r:x r:-y d:-z deny", {
    "x => yes registered_set", "-x => no registered_set", "y => no registered_set",
    "-y => yes registered_set", "z => no default_set", "w => no default"}},
{"registered users are known ones", NULL, "r:x r:-y", {
    "x => yes default", "-x => no default", "y => yes default", "-y => no default"}},
{"registered users are known ones", NULL, "r:x deny", {
    "x => no default", "-x => yes default"}},
{"the bot's default set comes first", "", "d:x d:-y r:-x r:y", {
    "x => yes default_set", "-x => no default_set", "y => no default_set", "-y => yes default_set"}},
{"registration gives nothing privileged", "", "r:admin r:trusted r:op r:owner r:protected", {
    "admin => no privileged", "trusted => no privileged", "-trusted => yes privileged",
    "op => no privileged", "owner => no owner_asked", "protected => no privileged"}},

/* "Where both speak, the network's wins" */
{"network scope in the own set", "x A/-x A/y -y B/z", "", {
    "x => no own_set", "-x => yes own_set", "y => yes own_set", "-y => no own_set",
    "z => yes default", "A/x => no own_set", "A/-x => yes own_set", "B/x => yes own_set",
    "B/y => no own_set", "B/z => yes own_set"}},
{"network scope in the own set", "x A/-x A/y -y B/z", "net:B deny", {
    "x => yes own_set", "-x => no own_set", "y => no own_set", "z => yes own_set",
    "A/z => no default", "w => no default"}},
{"owner of one network", "A/owner", "deny", {
    "owner => yes owner_asked", "-owner => no owner_asked", "x => yes owner", "-x => no owner",
    "#c.op => yes owner", "admin => yes owner", "A/owner => yes owner_asked",
    "B/owner => no owner_asked", "B/admin => no privileged", "B/x => no default"}},
{"owner of one network", "A/owner", "net:B deny", {
    "owner => no owner_asked", "-owner => yes owner_asked", "x => no default",
    "admin => no privileged", "#c.op => no privileged", "A/x => yes owner"}},
{"owner, but not there", "owner A/-owner", "", {
    "owner => no owner_asked", "-owner => yes owner_asked", "admin => no privileged",
    "x => yes default", "B/owner => yes owner_asked", "B/admin => yes owner"}},
{"channel of one network", "A/#c.op B/#c.x #d.op A/#d.-op", "", {
    "#c.op => yes own_set", "#c.x => yes channel_op", "#c.-y => no channel_op",
    "#d.op => no own_set", "#d.x => yes channel_default", "A/#c.x => yes channel_op",
    "B/#c.op => no privileged", "B/#c.x => yes own_set", "B/#d.x => yes channel_op"}},
{"channel of one network", "A/#c.op B/#c.x #d.op A/#d.-op", "net:B", {
    "#c.op => no privileged", "#c.x => yes own_set", "#d.op => yes own_set",
    "#d.x => yes channel_op"}},
{"network's policy", NULL, "d:x d:-y D:-x D:y", {
    "x => no default_set", "-x => yes default_set", "y => yes default_set", "z => yes default"}},
{"network's policy", NULL, "d:x d:-y D:-x D:y net:B", {
    "x => yes default_set", "y => no default_set"}},
{"network's default", NULL, "deny net-allow", {
    "x => yes default", "-x => no default", "admin => no privileged", "B/x => no default"}},
{"network's default", NULL, "net-deny", {
    "x => no default", "-x => yes default", "B/x => yes default"}},
{"network's default", NULL, "net-deny net:B", {"x => yes default", "A/x => no default"}},
{"network's set for registered users", "", "r:x R:-x R:y", {
    "x => no registered_set", "y => yes registered_set", "B/x => yes registered_set",
    "B/y => yes default"}},
{"default sets come before registered ones, of either", "", "d:x R:-x D:y r:-y", {
    "x => yes default_set", "y => yes default_set"}},
{"network scope in the bot's sets", "", "d:A/-x d:x r:B/y d:A/admin deny", {
    "x => no default_set", "B/x => yes default_set", "y => no default",
    "B/y => yes registered_set", "admin => no privileged"}},

/* "every capability that a module declares default-off" */
{"declared default-off", NULL, "off:calc off:foo.bar", {
    "calc => no privileged", "-calc => yes privileged", "CALC => no privileged",
    "foo.bar => no privileged", "foo => yes default", "#c.calc => no privileged",
    "#c.-calc => yes privileged"}},
{"declared default-off", "calc #c.draw", "off:calc off:draw off:other deny", {
    "calc => yes own_set", "-calc => no own_set", "#c.draw => yes own_set",
    "draw => no privileged", "other => no privileged", "#c.calc => no privileged"}},
{"declared default-off, by no default set", "", "off:calc d:calc r:calc D:calc R:calc c:calc", {
    "calc => no privileged", "-calc => yes privileged", "#c.calc => no privileged"}},
{"declared default-off", "owner", "off:calc", {"calc => yes owner", "#c.calc => yes owner"}},
{"declared default-off", "#c.op", "off:calc", {"calc => no privileged", "#c.calc => yes channel_op"}},

/* Channels compare under the network's casemapping; a comma divides where a dot would not. */
{"casemapping", "#A[b].op #d~.x", "chan-deny", {
    "#a{B}.op => yes own_set", "#a[b].-x => no channel_op", "#D^.x => yes own_set",
    "#a(b).op => no privileged"}},
{"casemapping", "#A[b].op #d~.x", "ascii", {
    "#a[B].op => yes own_set", "#a{b}.op => no privileged", "#d^.x => yes channel_default",
    "#D~.x => yes own_set"}},
{"channels with a dot", "#a.b,op #a.x", "", {
    "#a.b,op => yes own_set", "#a.b,x => yes channel_op", "#a.b,-x => no channel_op",
    "#a.x => yes own_set", "#a,x => yes own_set", "#a.b => yes channel_default",
    "#a.op => no privileged"}},
{"other kinds of channels", "&local.op +x.y !ABCDEchan.voice", "", {
    "&local.topic => yes channel_op", "+x.y => yes own_set", "!abcdeCHAN.voice => yes own_set",
    "#local.op => no privileged"}},
};
const size_t capability_group_count = sizeof capability_groups / sizeof *capability_groups;

const struct capability_group command_groups[] = {
{"command in private, default allow", NULL, "", {
    "call foo.bar => yes default bar", "call FOO.Bar => yes default bar"}},
{"command in private, default allow", NULL, "d:-bar", {
    "call foo.bar => no default_set -bar", "call foo.baz => yes default baz",
    "call other.bar => no default_set -bar"}},
{"command in private, default allow", NULL, "d:-foo", {
    "call foo.bar => no default_set -foo", "call foo.baz => no default_set -foo",
    "call other.bar => yes default bar"}},
{"command in private, default allow", NULL, "d:-foo.bar", {
    "call foo.bar => no default_set -foo.bar", "call foo.baz => yes default baz"}},
{"the first of the three refuses", "-foo.bar", "d:-bar d:-foo", {
    "call foo.bar => no default_set -bar", "call foo.x => no default_set -foo"}},
{"a grant of another name opens nothing that is refused", "foo.bar", "d:-bar", {
    "call foo.bar => no default_set -bar"}},
{"own set", "-bar", "", {
    "call foo.bar => no own_set -bar", "call foo.bar #c => no own_set -bar"}},
{"own set", "bar", "d:-bar", {"call foo.bar => yes own_set bar"}},
{"own set", "#c.-bar", "", {
    "call foo.bar => yes default bar", "call foo.bar #c => no own_set #c.-bar",
    "call foo.bar #C => no own_set #C.-bar", "call foo.bar #d => yes default bar"}},
{"own set", "#c.-foo", "", {"call foo.bar #c => no own_set #c.-foo"}},
{"own set", "#c.-foo.bar", "", {
    "call foo.bar #c => no own_set #c.-foo.bar", "call foo.baz #c => yes default baz"}},
{"own set", "A/-bar", "", {"call foo.bar => no own_set -bar"}},
{"own set", "A/-bar", "net:B", {"call foo.bar => yes default bar"}},
{"channel's default set", NULL, "c:-bar", {
    "call foo.bar => yes default bar", "call foo.bar #c => no channel_set #c.-bar",
    "call foo.bar #d => yes default bar"}},
{"channel's default set", NULL, "c:-foo", {"call foo.bar #c => no channel_set #c.-foo"}},
{"channel's default set", NULL, "c:-foo.bar", {"call foo.bar #c => no channel_set #c.-foo.bar"}},
{"a global refusal comes before the channel's", NULL, "d:-foo c:-bar", {
    "call foo.bar #c => no default_set -foo"}},
{"#c.op in its channel", "#c.op", "c:-bar", {
    "call foo.bar #c => yes channel_op #c.bar", "call foo.bar #d => yes default bar"}},
{"#c.op is not global", "#c.op", "d:-bar", {"call foo.bar #c => no default_set -bar"}},
{"own #c.-x beats own #c.op", "#c.op #c.-bar", "", {
    "call foo.bar #c => no own_set #c.-bar", "call foo.baz #c => yes channel_op #c.baz"}},
{"owner calls everything", "owner", "d:-bar c:-bar deny chan-deny off:foo", {
    "call foo.bar => yes owner bar", "call foo.bar #c => yes owner bar"}},
{"an ignored account calls nothing", "owner foo", "ignored", {
    "call foo.bar => no ignored -bar", "call foo.bar #c => no ignored -bar"}},
{"registered users", "", "r:-bar", {"call foo.bar => no registered_set -bar"}},
{"registered users", NULL, "r:-bar", {"call foo.bar => yes default bar"}},

/* "With a default of deny, one grant of bar, foo or foo.bar (or in #chan.) is enough." */
{"default deny", NULL, "deny", {
    "call foo.bar => no default -bar", "call foo.bar #c => no default -bar"}},
{"default deny", NULL, "deny d:bar", {
    "call foo.bar => yes default_set bar", "call foo.bar #c => yes default_set bar",
    "call other.bar => yes default_set bar", "call foo.baz => no default -baz"}},
{"default deny", NULL, "deny d:foo", {
    "call foo.bar => yes default_set foo", "call foo.baz #c => yes default_set foo",
    "call other.bar => no default -bar"}},
{"default deny", NULL, "deny d:foo.bar", {
    "call foo.bar => yes default_set foo.bar", "call foo.baz => no default -baz"}},
{"default deny", "bar", "deny", {
    "call foo.bar => yes own_set bar", "call foo.bar #c => yes own_set bar"}},
{"default deny", "foo", "deny", {"call foo.bar => yes own_set foo"}},
{"default deny", "foo.bar", "deny", {
    "call foo.bar => yes own_set foo.bar", "call foo.baz => no default -baz"}},
{"default deny", "foo -bar", "deny", {"call foo.bar => no own_set -bar"}},
{"default deny", "foo", "deny d:-foo.bar", {"call foo.bar => no default_set -foo.bar"}},
{"default deny", "", "deny r:foo", {"call foo.bar => yes registered_set foo"}},
{"default deny", NULL, "deny r:foo", {"call foo.bar => no default -bar"}},
{"default deny, a grant in the channel", "#c.bar", "deny", {
    "call foo.bar #c => yes own_set #c.bar", "call foo.bar #d => no default -bar",
    "call foo.bar => no default -bar"}},
{"default deny, a grant in the channel", "#c.foo", "deny chan-deny", {
    "call foo.bar #c => yes own_set #c.foo"}},
{"default deny, a grant in the channel", "#c.foo.bar", "deny chan-deny", {
    "call foo.bar #c => yes own_set #c.foo.bar", "call foo.baz #c => no default -baz"}},
{"default deny, a grant in the channel", NULL, "deny c:foo", {
    "call foo.bar #c => yes channel_set #c.foo", "call foo.bar => no default -bar"}},
{"default deny, a grant in the channel", "#c.op", "deny chan-deny", {
    "call foo.bar #c => yes channel_op #c.bar", "call foo.bar => no default -bar"}},
{"default deny, but refused in the channel", "foo #c.-bar", "deny", {
    "call foo.bar #c => no own_set #c.-bar", "call foo.bar => yes own_set foo"}},
{"channel's default deny", NULL, "chan-deny", {
    "call foo.bar => yes default bar", "call foo.bar #c => no channel_default #c.-bar",
    "call foo.bar #d => yes default bar"}},
{"channel's default deny", "foo", "chan-deny", {"call foo.bar #c => yes own_set foo"}},
{"channel's default deny", NULL, "chan-deny c:bar", {"call foo.bar #c => yes channel_set #c.bar"}},
{"channel's default allow opens no bot's deny", NULL, "deny", {"call foo.bar #c => no default -bar"}},
{"network's default deny", NULL, "net-deny", {"call foo.bar => no default -bar"}},
{"network's default deny", NULL, "net-deny net:B", {"call foo.bar => yes default bar"}},
{"network's default deny", NULL, "net-deny D:foo", {"call foo.bar => yes default_set foo"}},
{"network's default allow", NULL, "deny net-allow", {"call foo.bar => yes default bar"}},

/* Commands that are called like something privileged: what they need is asked elsewhere. */
{"commands named op and voice", NULL, "", {
    "call core.op => yes default core", "call core.op #c => yes default core",
    "call core.voice #c => yes default core", "call owner.x => yes default x",
    "call core.owner => yes default core"}},
{"commands named op and voice", NULL, "deny", {
    "call core.op #c => no default -core", "call core.voice => no default -core"}},
{"commands named op and voice", "#c.op", "deny", {
    "call core.op #c => yes own_set #c.op", "call core.op #d => no default -core"}},
{"commands named op and voice", "-op", "", {"call core.op => no own_set -op"}},
{"commands named op and voice", NULL, "d:-voice", {"call core.voice => no default_set -voice"}},
{"commands named op and voice", "-owner", "", {"call core.owner => no owner_asked -owner"}},
{"commands named op and voice", "op", "deny", {"call core.op => yes own_set op"}},

/* A module may declare its commands default-off: then each needs a grant of that very name. */
{"declared default-off", NULL, "off:foo.bar", {
    "call foo.bar => no privileged -foo.bar", "call foo.baz => yes default baz"}},
{"declared default-off", "foo.bar", "off:foo.bar", {
    "call foo.bar => yes own_set foo.bar", "call foo.bar #c => yes own_set foo.bar"}},
{"declared default-off", "foo.bar #c.-foo.bar", "off:foo.bar", {
    "call foo.bar => yes own_set foo.bar", "call foo.bar #c => no own_set #c.-foo.bar"}},
{"declared default-off", "#c.foo.bar", "off:foo.bar", {
    "call foo.bar => no privileged -foo.bar", "call foo.bar #c => no privileged -foo.bar"}},
{"declared default-off", "#c.op", "off:foo.bar", {"call foo.bar #c => no privileged -foo.bar"}},
{"declared default-off", NULL, "off:foo.bar d:foo d:bar d:foo.bar deny", {
    "call foo.bar => no privileged -foo.bar"}},
{"declared default-off", "foo", "off:foo.bar", {"call foo.bar => no privileged -foo.bar"}},

{"commands of two words", NULL, "d:-module-enable", {
    "call core.module=enable => no default_set -module-enable",
    "call core.module=list => yes default module"}},
{"commands of two words", NULL, "d:-core.module-enable", {
    "call core.module=enable => no default_set -core.module-enable",
    "call core.module=list => yes default module"}},
{"commands of two words", NULL, "d:-module", {
    "call core.module=enable => no default_set -module",
    "call core.network=list => yes default network"}},
{"commands of two words", "core.module-list", "deny", {
    "call core.module=list #c => yes own_set core.module-list",
    "call core.module=enable => no default -module"}},
{"commands of two words", "core.module", "deny", {
    "call core.module=enable => yes own_set core.module"}},
{"commands of two words", "#c.-module-list", "", {
    "call core.module=list #c => no own_set #c.-module-list",
    "call core.module=list => yes default module"}},
{"channel with a dot", "#a.b,-bar", "", {
    "call foo.bar #a.b => no own_set #a.b,-bar", "call foo.bar #a => yes default bar"}},
};
const size_t command_group_count = sizeof command_groups / sizeof *command_groups;
/* clang-format on */
