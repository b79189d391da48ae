"""Writes a copy of SQLite's amalgamation with what the platform adds to it:
- two statement counters, rows read (9) and rows written (10), which sqlite3_stmt_status gives;
- ALTER TABLE ... RENAME TO tells the authorizer the new name, in the place of a column's.
Every anchor must be found the stated number of times, so that a new SQLite fails here, not later.
  count_rows.py sqlite3.c OUTPUT
"""
import sys

READ = 'p->aCounter[9]'
WRITTEN = 'p->aCounter[10]'
REAL_TABLE = 'if( !pC->isEphemeral ) '


def after(anchor, line):
    return anchor, anchor + line + '\n'


EDITS = [
    # (what, anchor, its replacement, how often the anchor stands in the file)
    ('room for two counters', '  u32 aCounter[9];', '  u32 aCounter[11];', 1),
    ('the new name of a table',
     '  /* Invoke the authorization callback. */\n'
     '  if( sqlite3AuthCheck(pParse, SQLITE_ALTER_TABLE, zDb, pTab->zName, 0) ){\n'
     '    goto exit_rename_table;',
     '  if( sqlite3AuthCheck(pParse, SQLITE_ALTER_TABLE, zDb, pTab->zName, zName) ){\n'
     '    goto exit_rename_table;', 1),
    ('OP_Count', *after('    rc = sqlite3BtreeCount(db, pCrsr, &nEntry);\n',
                        f'    {READ} += (u32)nEntry;'), 1),
    ('OP_Seek*', *after('    if( eqOnly && r.eqSeen==0 ){\n      assert( res!=0 );\n'
                        '      goto seek_not_found;\n    }\n  }\n', f'  {READ}++;'), 1),
    ('OP_NotExists',
     '  pC->seekResult = res;\n  if( res!=0 ){\n    assert( rc==SQLITE_OK );\n'
     '    if( pOp->p2==0 ){',
     f'  pC->seekResult = res;\n  {READ}++;\n  if( res!=0 ){{\n    assert( rc==SQLITE_OK );\n'
     '    if( pOp->p2==0 ){', 1),
    ('OP_Insert', *after(
        '  assert( (pOp->p5 & OPFLAG_LASTROWID)==0 || (pOp->p5 & OPFLAG_NCHANGE)!=0 );\n',
        f'  {REAL_TABLE}{WRITTEN}++;'), 1),
    ('OP_Delete', *after(
        '  /* Invoke the update-hook if required. */\n  if( opflags & OPFLAG_NCHANGE ){\n',
        f'    {REAL_TABLE}{WRITTEN}++;'), 1),
    ('OP_Last',
     '  rc = sqlite3BtreeLast(pCrsr, &res);\n  pC->nullRow = (u8)res;\n',
     f'  rc = sqlite3BtreeLast(pCrsr, &res);\n  {READ}++;\n  pC->nullRow = (u8)res;\n', 1),
    ('OP_Rewind',
     '  if( rc ) goto abort_due_to_error;\n  pC->nullRow = (u8)res;\n  if( pOp->p2>0 ){',
     '  if( rc ) goto abort_due_to_error;\n  pC->nullRow = (u8)res;\n'
     f'  {READ}++;\n  if( pOp->p2>0 ){{', 1),
    ('OP_Next and OP_Prev', *after('    p->aCounter[pOp->p5]++;\n', f'    {READ}++;'), 1),
    ('OP_IdxInsert', *after(
        '  assert( (pIn2->flags & MEM_Blob) || (pOp->p5 & OPFLAG_PREFORMAT) );\n'
        '  if( pOp->p5 & OPFLAG_NCHANGE ) p->nChange++;\n', f'  {REAL_TABLE}{WRITTEN}++;'), 1),
    ('OP_Clear',
     '    p->nChange += nChange;\n    if( pOp->p3>0 ){\n',
     f'    p->nChange += nChange;\n    {WRITTEN} += (u32)nChange;\n    if( pOp->p3>0 ){{\n', 1),
    ('OP_VNext', *after('  rc = pModule->xNext(pCur->uc.pVCur);\n'
                        '  sqlite3VtabImportErrmsg(p, pVtab);\n', f'  {READ}++;'), 1),
    ('OP_VUpdate',
     '        p->errorAction = ((pOp->p5==OE_Replace) ? OE_Abort : pOp->p5);\n      }\n'
     '    }else{\n      p->nChange++;',
     '        p->errorAction = ((pOp->p5==OE_Replace) ? OE_Abort : pOp->p5);\n      }\n'
     f'    }}else{{\n      {WRITTEN}++;\n      p->nChange++;', 1),
]


def main():
    with open(sys.argv[1], encoding='utf-8') as file:
        text = file.read()
    for what, anchor, replacement, times in EDITS:
        if text.count(anchor) != times:
            sys.exit(f'{sys.argv[1]}: {what}: its place was found {text.count(anchor)} times, '
                     f'not {times}; this SQLite differs from the one count_rows.py knows')
        text = text.replace(anchor, replacement)
    with open(sys.argv[2], 'w', encoding='utf-8') as file:
        file.write(text)


main()
