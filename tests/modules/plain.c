/* A shared object that is no module. */
int plain(void);

int plain(void)
{
    return 1;
}
