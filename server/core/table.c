#include "server/core/core.h"
#include "server/core/run.h"

#define NONE  ""
#define OP    "#op"
#define ADMIN "admin"

/* Who reaches it, whether it has a password, whether its scope is its own. */
#define GUARDED    CORE_GUARDED, false, false
#define SCOPED     CORE_GUARDED, false, true
#define SECRET     CORE_GUARDED, true, false
#define ALWAYS     CORE_ALWAYS, false, false
#define IDENTIFIES CORE_IDENTIFIES, true, false

/* The words of a group stand together; no name is the beginning of another one's words. */
const struct core_command core_commands[] = {
    {"help", "[NAME]", "What I can do, or how a command or module is used.", NONE, core_help,
     ALWAYS},
    {"list", "[MODULE]", "The modules that are on here, or what one of them offers.", NONE,
     core_list, GUARDED},
    {"more", "", "The rest of an answer that was too long.", NONE, core_more, GUARDED},
    {"ping", "", "Answers pong.", NONE, core_ping, GUARDED},
    {"version", "", "Which seshet this is.", NONE, core_version, GUARDED},
    {"uptime", "", "For how long I have been running, and here.", NONE, core_uptime, GUARDED},
    {"status", "", "Networks, registry and module hosts in one line.", NONE, core_status, GUARDED},

    {"auth", "[NAME] PASSWORD",
     "Say who you are, or the password of the profile NAME; in private only.", NONE, core_auth,
     IDENTIFIES},
    {"logout", "", "End your session.", NONE, core_logout, ALWAYS},
    {"whoami", "", "Whom I take you for, and by what.", NONE, core_whoami, ALWAYS},
    {"register", "NAME PASSWORD", "Make an account for yourself; in private only.", NONE,
     core_register, SECRET},
    {"passwd", "OLD NEW", "Change your password; in private only.", NONE, core_passwd, SECRET},

    {"hostmask add", "[NAME] [MASK]",
     "Know you by a mask on this network; without MASK by your address.", NONE, core_hostmask_add,
     GUARDED},
    {"hostmask remove", "[NAME] MASK", "Take a mask away.", NONE, core_hostmask_remove, GUARDED},
    {"hostmask list", "[NAME]", "The masks and services accounts you are known by.", NONE,
     core_hostmask_list, GUARDED},

    {"capability add", "NAME CAPABILITY", "Give an account a capability that you have.", ADMIN,
     core_capability_add, SCOPED},
    {"capability remove", "NAME CAPABILITY", "Take a capability away that you have.", ADMIN,
     core_capability_remove, SCOPED},
    {"capability list", "[NAME]", "The capabilities of your account.", NONE, core_capability_list,
     GUARDED},
    {"capability check", "[NAME] CAPABILITY | [NAME] --command MODULE.COMMAND",
     "Do you have it, and why?", NONE, core_capability_check, GUARDED},

    {"channel capability add", "[CHANNEL] [NAME] CAPABILITY",
     "Give a capability in the channel to an account, or to everybody.", OP,
     core_channel_capability_add, GUARDED},
    {"channel capability remove", "[CHANNEL] [NAME] CAPABILITY", "Take it away.", OP,
     core_channel_capability_remove, GUARDED},
    {"channel capability list", "[CHANNEL]", "What everybody has in the channel.", OP,
     core_channel_capability_list, GUARDED},
    {"channel default", "[CHANNEL] yes|no", "Is open what no capability speaks of?", OP,
     core_channel_default, GUARDED},
    {"channel lobotomize", "[CHANNEL] yes|no", "Be silent in the channel.", OP,
     core_channel_lobotomize, GUARDED},
    {"channel ignore add", "[CHANNEL] MASK|NICK [DURATION]", "Ignore somebody in the channel.", OP,
     core_ignore_add, GUARDED},
    {"channel ignore remove", "[CHANNEL] MASK|NICK", "Listen again.", OP, core_ignore_remove,
     GUARDED},
    {"channel ignore list", "[CHANNEL]", "Who is ignored in the channel.", OP, core_ignore_list,
     GUARDED},

    {"default capability add", "[registered] CAPABILITY",
     "Give a capability to everybody, or to all who are registered.", "owner",
     core_default_capability_add, SCOPED},
    {"default capability remove", "[registered] CAPABILITY", "Take it away.", "owner",
     core_default_capability_remove, SCOPED},
    {"default capability list", "", "What everybody has.", NONE, core_default_capability_list,
     GUARDED},

    {"ignore add", "MASK|NICK [DURATION]", "Ignore somebody on this network.", ADMIN,
     core_ignore_add, GUARDED},
    {"ignore remove", "MASK|NICK", "Listen again.", ADMIN, core_ignore_remove, GUARDED},
    {"ignore list", "", "Who is ignored on this network.", ADMIN, core_ignore_list, GUARDED},

    {"join", "CHANNEL", "Be in a channel, also after a restart.", ADMIN, core_join, GUARDED},
    {"part", "[CHANNEL]", "Leave a channel.", ADMIN, core_part, GUARDED},
    {"nick", "[NICK]", "Take another nick; without NICK the one of the network's file.", ADMIN,
     core_nick, GUARDED},
    {"say", "[CHANNEL] TEXT", "Say something in a channel.", OP, core_say, GUARDED},
    {"act", "[CHANNEL] TEXT", "The same as an action.", OP, core_act, GUARDED},

    {"op", "[CHANNEL] [NICK...]", "Make somebody an operator, or you.", OP, core_op, GUARDED},
    {"deop", "[CHANNEL] [NICK...]", "Take that away.", OP, core_deop, GUARDED},
    {"voice", "[CHANNEL] [NICK...]", "Give somebody a voice, or you.", OP, core_voice, GUARDED},
    {"devoice", "[CHANNEL] [NICK...]", "Take that away.", OP, core_devoice, GUARDED},
    {"kick", "[CHANNEL] NICK [REASON]", "Put somebody out of the channel.", OP, core_kick, GUARDED},
    {"ban", "[CHANNEL] MASK|NICK", "Keep a mask, or a nick's host, out.", OP, core_ban, GUARDED},
    {"unban", "[CHANNEL] MASK|NICK", "Let it in again.", OP, core_unban, GUARDED},
    {"invite", "[CHANNEL] [NICK]", "Invite somebody, or you.", OP, core_invite, GUARDED},
    {"topic", "[CHANNEL] [TEXT]", "The topic; with TEXT a new one.", OP, core_topic, GUARDED},

    {"module", "list|show|register|unregister|enable|disable|set|unset|add|remove|reload|why ...",
     "The modules, as seshetctl administers them.", NONE, core_admin, GUARDED},
    {"network", "list|show|connect|disconnect|rehash|channels|ignores|unignore ...",
     "The networks, as seshetctl administers them.", NONE, core_admin, GUARDED},
    {"user", "list|show|set|drop|hostmask|services ...",
     "The accounts, as seshetctl administers them.", NONE, core_admin, GUARDED},
    {"group", "list|show|drop|member ...",
     "The authorization profiles, as seshetctl administers them.", NONE, core_admin, GUARDED},
    {"policy", "show|set|unset ...", "What counts for everybody, as seshetctl administers it.",
     NONE, core_admin, GUARDED},
    {"registry", "show|check", "The registry, as seshetctl shows it.", NONE, core_admin, GUARDED},
    {NULL, NULL, NULL, NULL, NULL, GUARDED}};
