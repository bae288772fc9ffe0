#ifndef BASE_PREFIX_H
#define BASE_PREFIX_H

/*
 * What may stand before a command: one printable ASCII character that begins no ordinary word (no
 * letter or digit), no command of people's clients ('/') and no channel's name ('#', '&').
 * NULL, or what is wrong with it: "must be ...".
 */
const char *prefix_check(const char *text);

#endif
