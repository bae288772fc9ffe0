#include "server/spec/spec.h"

/* ---- What more than one command takes ---------------------------------------------------------
 */

static const struct command_param module_name = {
    .name = "name", .shown = "NAME", .help = "The module.", .complete = COMPLETE_MODULE};
static const struct command_param any_module = {.name = "name",
                                                .shown = "NAME",
                                                .help = "One module; without it all.",
                                                .complete = COMPLETE_MODULE,
                                                .optional = true};
static const struct command_param overlay = {.name = "network",
                                             .shown = "NET",
                                             .help = "On that network only: its overlay.",
                                             .kind = PARAM_OPTION,
                                             .complete = COMPLETE_NETWORK};
static const struct command_param network_name = {
    .name = "network", .shown = "NET", .help = "The network.", .complete = COMPLETE_NETWORK};
static const struct command_param field = {.name = "field",
                                           .shown = "FIELD",
                                           .help = "One of its fields, see seshet-registry(7).",
                                           .complete = COMPLETE_FIELD};
static const struct command_param list = {.name = "list",
                                          .shown = "LIST",
                                          .help = "One of its lists, see seshet-registry(7).",
                                          .complete = COMPLETE_LIST};
static const struct command_param items = {.name = "items",
                                           .shown = "ITEM...",
                                           .help =
                                               "Channels, nicks or masks, as the list wants them.",
                                           .kind = PARAM_WORDS};

static const struct command_param items_there = {.name = "items",
                                                 .shown = "ITEM...",
                                                 .help = "What stands in the list.",
                                                 .kind = PARAM_WORDS,
                                                 .complete = COMPLETE_ITEM};

/* ---- What one command takes -------------------------------------------------------------------
 */

static const struct command_param description = {.name = "description",
                                                 .shown = "TEXT...",
                                                 .help = "What it does, in one sentence.",
                                                 .kind = PARAM_REST,
                                                 .optional = true};
static const struct command_param purge = {
    .name = "purge",
    .help = "Also its fields, lists and overlays; what it has stored stays.",
    .kind = PARAM_FLAG};
static const struct command_param value = {.name = "value",
                                           .shown = "VALUE...",
                                           .help = "Its value.",
                                           .kind = PARAM_REST,
                                           .complete = COMPLETE_VALUE};

static const struct command_param why_network = {
    .name = "network",
    .shown = "NET",
    .help = "The network where it happens; not needed when there is only one.",
    .kind = PARAM_OPTION,
    .complete = COMPLETE_NETWORK};
static const struct command_param why_source = {
    .name = "source",
    .shown = "NICK!USER@HOST",
    .help = "Who says it. A nick that shares a channel with the bot is enough.",
    .kind = PARAM_OPTION};
static const struct command_param why_account = {.name = "account",
                                                 .shown = "ACCOUNT",
                                                 .help = "The services account of the source.",
                                                 .kind = PARAM_OPTION};
static const struct command_param why_channel = {.name = "channel",
                                                 .shown = "CHANNEL",
                                                 .help = "Where; without it, in private.",
                                                 .kind = PARAM_OPTION};
static const struct command_param why_text = {
    .name = "text",
    .shown = "TEXT",
    .help = "What is said, such as '!roll 2d6'; without it, the module's first command.",
    .kind = PARAM_OPTION};
static const struct command_param why_event = {
    .name = "event",
    .shown = "TYPE",
    .help = "Another event than a message: join, part, quit, nick, topic...",
    .kind = PARAM_OPTION,
    .complete = COMPLETE_EVENT};
static const struct command_param why_present = {
    .name = "present",
    .shown = "NICK,...",
    .help = "Nicks to take as present besides those that the bot knows of.",
    .kind = PARAM_OPTION};

static const struct command_param logs_network = {.name = "network",
                                                  .shown = "NET",
                                                  .help = "Only of that network.",
                                                  .kind = PARAM_OPTION,
                                                  .complete = COMPLETE_NETWORK};
static const struct command_param logs_follow = {
    .name = "follow", .help = "Go on with what comes, until interrupted.", .kind = PARAM_FLAG};
static const struct command_param logs_after = {.name = "after", .kind = PARAM_INTERNAL};

static const struct command_param new_name = {
    .name = "name", .shown = "NAME", .help = "Its name: a-z 0-9 _ -, at most 32."};
static const struct command_param new_cxx = {
    .name = "cxx", .help = "In C++ instead of C.", .kind = PARAM_FLAG};
static const struct command_param build_folder = {.name = "folder",
                                                  .shown = "FOLDER",
                                                  .help = "Where its Makefile is; without it here.",
                                                  .complete = COMPLETE_FILE,
                                                  .optional = true};
static const struct command_param build_watch = {
    .name = "watch",
    .help = "Again whenever a file is saved; tells also what the server logs about it.",
    .kind = PARAM_FLAG};
static const struct command_param build_install = {
    .name = "install",
    .shown = "DIR",
    .help = "Move it there; without it, into the module folder of the server that runs here.",
    .kind = PARAM_OPTION,
    .complete = COMPLETE_FILE};
static const struct command_param try_file = {.name = "file",
                                              .shown = "FILE",
                                              .help = "The module's file, such as ./dice.so.",
                                              .complete = COMPLETE_FILE};
static const struct command_param try_texts = {
    .name = "texts",
    .shown = "TEXT...",
    .help =
        "What is said, one after another: '<NICK> TEXT' by somebody else, '#CHANNEL <NICK> TEXT' "
        "elsewhere; /help lists what else can happen. Without it lines are read from the "
        "standard input.",
    .kind = PARAM_WORDS,
    .optional = true};
static const struct command_param try_as = {.name = "as",
                                            .shown = "NICK",
                                            .help = "Who says it; alice, unless given.",
                                            .kind = PARAM_OPTION};
static const struct command_param try_account = {
    .name = "account",
    .shown = "ACCOUNT",
    .help = "Who that is to the network's services; nobody, unless given.",
    .kind = PARAM_OPTION};
static const struct command_param try_known = {
    .name = "known",
    .shown = "ACCOUNT",
    .help = "The bot's own account of that nick; none, unless given.",
    .kind = PARAM_OPTION};
static const struct command_param try_grant = {
    .name = "grant",
    .shown = "CAPABILITY",
    .help = "A capability of that nick; several in one argument, with spaces between them.",
    .kind = PARAM_OPTION};
static const struct command_param try_channel = {.name = "channel",
                                                 .shown = "CHANNEL",
                                                 .help =
                                                     "Where, unless a TEXT names another channel; "
                                                     "#test, unless given.",
                                                 .kind = PARAM_OPTION};
static const struct command_param try_private = {
    .name = "private", .help = "To the bot, in private.", .kind = PARAM_FLAG};
static const struct command_param try_users = {.name = "users",
                                               .shown = "N|NICK,...",
                                               .help =
                                                   "So many others are in the channel, or these.",
                                               .kind = PARAM_OPTION};
static const struct command_param try_after = {
    .name = "after",
    .shown = "DURATION",
    .help = "At the end so much time passes, such as 90s or 1h30m.",
    .kind = PARAM_OPTION};
static const struct command_param try_permissions = {
    .name = "permissions",
    .shown = "LIST",
    .help = "What it may do besides: net, files, raw, exec.",
    .kind = PARAM_OPTION,
    .complete = COMPLETE_PERMISSION};

static const struct command_param reason = {.name = "reason",
                                            .shown = "REASON...",
                                            .help = "Said to the channels.",
                                            .kind = PARAM_REST,
                                            .optional = true};
static const struct command_param ignores_network = {
    .name = "network",
    .shown = "NET",
    .help = "One network, and what counts on all; without it every one.",
    .complete = COMPLETE_NETWORK,
    .optional = true};
static const struct command_param unignore_network = {
    .name = "network",
    .shown = "NET",
    .help = "The network, or \"all\" for an ignore that counts on all.",
    .complete = COMPLETE_NETWORK};
static const struct command_param unignore_channel = {.name = "channel",
                                                      .shown = "CHANNEL",
                                                      .help = "An ignore of that channel only.",
                                                      .kind = PARAM_OPTION};
static const struct command_param mask = {.name = "mask",
                                          .shown = "MASK",
                                          .help = "As network ignores shows it.",
                                          .complete = COMPLETE_IGNORE};

static const struct command_param storage = {
    .name = "storage", .help = "Also what the modules have stored.", .kind = PARAM_FLAG};
static const struct command_param from = {.name = "from", .kind = PARAM_INTERNAL};
static const struct command_param file = {
    .name = "file",
    .shown = "FILE",
    .help = "What registry export printed; - is the standard input.",
    .kind = PARAM_DOCUMENT,
    .complete = COMPLETE_FILE};
static const struct command_param dry_run = {
    .name = "dry-run", .help = "Only say what would change.", .kind = PARAM_FLAG};
static const struct command_param replace = {
    .name = "replace",
    .help = "Take away what the file does not have, of the modules that it has.",
    .kind = PARAM_FLAG};

static const struct command_param limnoria_users = {
    .name = "users", .shown = "USERS.conf", .help = "Its users.", .complete = COMPLETE_FILE};
static const struct command_param limnoria_channels = {.name = "channels",
                                                       .shown = "CHANNELS.conf",
                                                       .help = "Its channels.",
                                                       .complete = COMPLETE_FILE};
static const struct command_param limnoria_ignores = {.name = "ignores",
                                                      .shown = "IGNORES.conf",
                                                      .help = "Whom it ignores.",
                                                      .complete = COMPLETE_FILE,
                                                      .optional = true};
static const struct command_param merge = {
    .name = "merge",
    .help = "Who has the name of an account that is here already is that person.",
    .kind = PARAM_FLAG};
static const struct command_param limnoria_network = {
    .name = "network",
    .shown = "NET",
    .help = "Whose channels and masks these are; it must be given.",
    .kind = PARAM_OPTION,
    .complete = COMPLETE_NETWORK};

/* ---- Accounts ---------------------------------------------------------------------------------
 */

static const struct command_param user_name = {
    .name = "name", .shown = "NAME", .help = "The account.", .complete = COMPLETE_USER};
static const struct command_param new_user = {
    .name = "name", .shown = "NAME", .help = "Letters, digits, '-' and '_'."};
static const struct command_param owner = {
    .name = "owner", .help = "It may do everything.", .kind = PARAM_FLAG};
static const struct command_param no_password = {
    .name = "no-password",
    .help = "It is known by its hostmasks and services accounts alone.",
    .kind = PARAM_FLAG};
static const struct command_param password_file = {
    .name = "password-file",
    .shown = "FILE",
    .help = "The password is its first line; without it, it is asked on the terminal.",
    .kind = PARAM_OPTION,
    .complete = COMPLETE_FILE};
static const struct command_param password = {.name = "password", .kind = PARAM_INTERNAL};
static const struct command_param user_flag = {.name = "flag",
                                               .shown = "secure|ignored",
                                               .help = "secure: a login does not do without a "
                                                       "hostmask. ignored: it is not heard.",
                                               .complete = COMPLETE_FLAG};
static const struct command_param yes_no = {
    .name = "value", .shown = "yes|no", .help = "Its value.", .complete = COMPLETE_VALUE};
static const struct command_param hostmasks = {
    .name = "items",
    .shown = "MASK...",
    .help = "nick!user@host with * and ?, or NETWORK/MASK for one network.",
    .kind = PARAM_WORDS};
static const struct command_param services = {.name = "items",
                                              .shown = "NETWORK/ACCOUNT...",
                                              .help = "Its services account on that network.",
                                              .kind = PARAM_WORDS};

static const struct command_param check_words = {.name = "capability",
                                                 .shown = "CAPABILITY",
                                                 .help = "x, -x, #channel.x, NETWORK/x.",
                                                 .optional = true};
static const struct command_param check_command = {
    .name = "command",
    .shown = "MODULE.COMMAND",
    .help = "Instead of a capability: the right to call that command.",
    .kind = PARAM_OPTION};
static const struct command_param check_source = {
    .name = "source",
    .shown = "NICK!USER@HOST",
    .help = "Whose. A nick that shares a channel with the bot is enough.",
    .kind = PARAM_OPTION};
static const struct command_param check_account = {
    .name = "account",
    .shown = "NAME",
    .help = "As this account, whoever the source is known as.",
    .kind = PARAM_OPTION,
    .complete = COMPLETE_USER};
static const struct command_param check_services = {.name = "services",
                                                    .shown = "ACCOUNT",
                                                    .help = "The services account of the source.",
                                                    .kind = PARAM_OPTION};
static const struct command_param explain = {
    .name = "explain", .help = "Each step that was looked at.", .kind = PARAM_FLAG};

static const struct command_param capabilities = {.name = "items",
                                                  .shown = "CAPABILITY...",
                                                  .help = "x, -x, #channel.x, NETWORK/x.",
                                                  .kind = PARAM_WORDS};
static const struct command_param holder_user = {.name = "user",
                                                 .shown = "NAME",
                                                 .help = "Of that account.",
                                                 .kind = PARAM_OPTION,
                                                 .complete = COMPLETE_USER};
static const struct command_param holder_default = {
    .name = "default", .help = "Of everybody.", .kind = PARAM_FLAG};
static const struct command_param holder_registered = {
    .name = "registered", .help = "Of every account.", .kind = PARAM_FLAG};
static const struct command_param holder_channel = {.name = "channel",
                                                    .shown = "CHANNEL",
                                                    .help = "Of everybody in that channel.",
                                                    .kind = PARAM_OPTION};
static const struct command_param holder_network = {
    .name = "network",
    .shown = "NET",
    .help = "The channel's network; with --default and --registered: there only.",
    .kind = PARAM_OPTION,
    .complete = COMPLETE_NETWORK};

static const struct command_param policy_network = {.name = "network",
                                                    .shown = "NET",
                                                    .help = "Of that network only.",
                                                    .kind = PARAM_OPTION,
                                                    .complete = COMPLETE_NETWORK};
static const struct command_param policy_channel = {
    .name = "channel", .shown = "CHANNEL", .help = "Of that channel only.", .kind = PARAM_OPTION};
static const struct command_param policy_field = {
    .name = "field",
    .shown = "FIELD",
    .help = "default_allow, default_ignore, registration; of a channel default_allow, lobotomized.",
    .complete = COMPLETE_POLICY};
static const struct command_param policy_value = {.name = "value",
                                                  .shown = "VALUE",
                                                  .help =
                                                      "yes or no; registration: open or closed.",
                                                  .complete = COMPLETE_VALUE};

static const struct command_param group_name = {
    .name = "name", .shown = "NAME", .help = "The profile.", .complete = COMPLETE_GROUP};
static const struct command_param new_group = {
    .name = "name", .shown = "NAME", .help = "Letters, digits, '-' and '_'."};
static const struct command_param style = {.name = "style",
                                           .shown = "nickserv|user|nick|password",
                                           .help = "How somebody shows that he is a member.",
                                           .complete = COMPLETE_STYLE};
static const struct command_param group_text = {.name = "description",
                                                .shown = "TEXT...",
                                                .help = "What it is for.",
                                                .kind = PARAM_REST,
                                                .optional = true};
static const struct command_param members = {
    .name = "items",
    .shown = "MEMBER...",
    .help = "Accounts; of the style nickserv services accounts, or NETWORK/ACCOUNT.",
    .kind = PARAM_WORDS};

const struct command_spec command_specs[COMMAND_COUNT] = {
    [COMMAND_STATUS] = {"status",
                        "The server, its registry, networks and module hosts",
                        {NULL},
                        "admin"},

    [COMMAND_MODULE_LIST] = {"module list",
                             "The modules, and where they are enabled",
                             {NULL},
                             "admin"},
    [COMMAND_MODULE_SHOW] = {"module show",
                             "All about one module",
                             {&module_name, &overlay},
                             "admin"},
    [COMMAND_MODULE_REGISTER] = {"module register",
                                 "Register a module before its file is there",
                                 {&module_name, &description},
                                 "admin"},
    [COMMAND_MODULE_UNREGISTER] = {"module unregister",
                                   "Take a module out of the registry",
                                   {&module_name, &purge},
                                   "admin"},
    [COMMAND_MODULE_ENABLE] = {"module enable",
                               "Switch a module on",
                               {&module_name, &overlay},
                               "admin"},
    [COMMAND_MODULE_DISABLE] = {"module disable",
                                "Switch a module off",
                                {&module_name, &overlay},
                                "admin"},
    [COMMAND_MODULE_SET] = {"module set",
                            "Give a field a value",
                            {&module_name, &field, &value, &overlay},
                            "admin"},
    [COMMAND_MODULE_UNSET] = {"module unset",
                              "Let a field's default count again",
                              {&module_name, &field, &overlay},
                              "admin"},
    [COMMAND_MODULE_ADD] = {"module add",
                            "Put items into a list",
                            {&module_name, &list, &items, &overlay},
                            "admin"},
    [COMMAND_MODULE_REMOVE] = {"module remove",
                               "Take items out of a list",
                               {&module_name, &list, &items_there, &overlay},
                               "admin"},
    [COMMAND_MODULE_RELOAD] = {"module reload",
                               "Look at the module files again, and load what is new",
                               {&any_module},
                               "admin"},
    [COMMAND_MODULE_WHY] = {"module why",
                            "Would it answer? Each rule, and the one that decides",
                            {&module_name, &why_network, &why_source, &why_account, &why_channel,
                             &why_text, &why_event, &why_present},
                            "admin"},

    [COMMAND_MODULE_LOGS] = {"module logs",
                             "What it has logged last, and its faults",
                             {&module_name, &logs_network, &logs_follow, &logs_after},
                             "admin"},
    [COMMAND_MODULE_NEW] = {"module new",
                            "Write the files of a new module into a folder NAME",
                            {&new_name, &new_cxx},
                            NULL},
    [COMMAND_MODULE_BUILD] = {"module build",
                              "Compile a module, and put it where the server finds it",
                              {&build_folder, &build_watch, &build_install},
                              NULL},
    [COMMAND_MODULE_TRY] = {"module try",
                            "Run a module without a server, and see what it says",
                            {&try_file, &try_texts, &try_as, &try_account, &try_known, &try_grant,
                             &try_channel, &try_private, &try_users, &try_after, &try_permissions},
                            NULL},

    [COMMAND_NETWORK_LIST] = {"network list",
                              "The networks and their connections",
                              {NULL},
                              "admin"},
    [COMMAND_NETWORK_SHOW] = {"network show", "All about one network", {&network_name}, "admin"},
    [COMMAND_NETWORK_CONNECT] = {"network connect", "Connect now", {&network_name}, "admin"},
    [COMMAND_NETWORK_DISCONNECT] = {"network disconnect",
                                    "QUIT, and stay away until told to connect",
                                    {&network_name, &reason},
                                    "admin"},
    [COMMAND_NETWORK_REHASH] = {"network rehash", "Read the configuration again", {NULL}, "admin"},
    [COMMAND_NETWORK_CHANNELS] = {"network channels",
                                  "The channels the bot is in",
                                  {&network_name},
                                  "admin"},
    [COMMAND_NETWORK_IGNORES] = {"network ignores",
                                 "Who is ignored, and for how long",
                                 {&ignores_network},
                                 "admin"},
    [COMMAND_NETWORK_UNIGNORE] = {"network unignore",
                                  "Stop ignoring a mask",
                                  {&unignore_network, &mask, &unignore_channel},
                                  "admin"},

    [COMMAND_REGISTRY_SHOW] = {"registry show",
                               "Where the registry is, and how it is",
                               {NULL},
                               "owner"},
    [COMMAND_REGISTRY_CHECK] = {"registry check",
                                "Find what is wrong or dangling in the registry",
                                {NULL},
                                "owner"},
    [COMMAND_REGISTRY_EXPORT] = {"registry export",
                                 "Print all definitions as JSON",
                                 {&storage, &from},
                                 NULL},
    [COMMAND_REGISTRY_IMPORT] = {"registry import",
                                 "Write definitions that were exported",
                                 {&file, &dry_run, &replace},
                                 NULL},

    [COMMAND_USER_LIST] = {"user list", "The accounts", {&from}, "admin"},
    [COMMAND_USER_SHOW] = {"user show", "All about one account", {&user_name}, "admin"},
    [COMMAND_USER_ADD] = {"user add",
                          "Make an account",
                          {&new_user, &owner, &no_password, &password_file, &password},
                          NULL},
    [COMMAND_USER_DROP] = {"user drop", "Take an account away", {&user_name}, "owner"},
    [COMMAND_USER_PASSWD] = {"user passwd",
                             "Give an account another password",
                             {&user_name, &password_file, &password},
                             NULL},
    [COMMAND_USER_SET] = {"user set",
                          "Make an account secure, or ignored",
                          {&user_name, &user_flag, &yes_no},
                          "owner"},
    [COMMAND_USER_HOSTMASK_ADD] = {"user hostmask add",
                                   "Know an account by its hostmasks",
                                   {&user_name, &hostmasks},
                                   "owner"},
    [COMMAND_USER_HOSTMASK_REMOVE] = {"user hostmask remove",
                                      "Know it by them no longer",
                                      {&user_name, &hostmasks},
                                      "owner"},
    [COMMAND_USER_SERVICES_ADD] = {"user services add",
                                   "Know an account by its services accounts",
                                   {&user_name, &services},
                                   "owner"},
    [COMMAND_USER_SERVICES_REMOVE] = {"user services remove",
                                      "Know it by them no longer",
                                      {&user_name, &services},
                                      "owner"},

    [COMMAND_CAPABILITY_CHECK] = {"capability check",
                                  "Who has a capability, or may call a command, and why",
                                  {&check_words, &why_network, &check_source, &check_account,
                                   &check_services, &why_channel, &check_command, &explain},
                                  NULL},
    [COMMAND_CAPABILITY_LIST] = {"capability list",
                                 "What a set of capabilities holds",
                                 {&holder_user, &holder_default, &holder_registered,
                                  &holder_channel, &holder_network},
                                 NULL},
    [COMMAND_CAPABILITY_ADD] = {"capability add",
                                "Put capabilities into a set; their opposites go",
                                {&capabilities, &holder_user, &holder_default, &holder_registered,
                                 &holder_channel, &holder_network},
                                NULL},
    [COMMAND_CAPABILITY_REMOVE] = {"capability remove",
                                   "Take capabilities out of a set",
                                   {&capabilities, &holder_user, &holder_default,
                                    &holder_registered, &holder_channel, &holder_network},
                                   NULL},

    [COMMAND_POLICY_SHOW] = {"policy show",
                             "What counts for whoever has no capability of his own",
                             {&policy_network, &policy_channel},
                             "admin"},
    [COMMAND_POLICY_SET] = {"policy set",
                            "Change it",
                            {&policy_field, &policy_value, &policy_network, &policy_channel},
                            "owner"},
    [COMMAND_POLICY_UNSET] = {"policy unset",
                              "Let its default count again",
                              {&policy_field, &policy_network, &policy_channel},
                              "owner"},

    [COMMAND_GROUP_LIST] = {"group list", "The authorization profiles", {NULL}, "admin"},
    [COMMAND_GROUP_SHOW] = {"group show", "All about one profile", {&group_name}, "admin"},
    [COMMAND_GROUP_ADD] = {"group add",
                           "Make a profile",
                           {&new_group, &style, &group_text, &password_file, &password},
                           NULL},
    [COMMAND_GROUP_DROP] = {"group drop", "Take a profile away", {&group_name}, "owner"},
    [COMMAND_GROUP_MEMBER_ADD] = {"group member add",
                                  "Let accounts in by a profile",
                                  {&group_name, &members},
                                  "owner"},
    [COMMAND_GROUP_MEMBER_REMOVE] = {"group member remove",
                                     "Let them in no longer",
                                     {&group_name, &members},
                                     "owner"},

    [COMMAND_IMPORT_LIMNORIA] = {"import limnoria",
                                 "Bring users, channels and ignores from Limnoria",
                                 {&limnoria_users, &limnoria_channels, &limnoria_ignores,
                                  &limnoria_network, &merge, &dry_run},
                                 NULL},
};

bool command_is_local(const struct command_spec *spec)
{
    return spec == &command_specs[COMMAND_MODULE_NEW] ||
           spec == &command_specs[COMMAND_MODULE_BUILD] ||
           spec == &command_specs[COMMAND_MODULE_TRY];
}
