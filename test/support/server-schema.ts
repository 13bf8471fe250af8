/** A database's schema from the server's own catalogue, line by line: equal lines mean equal schemas. */
import type { TestServer } from './servers.ts';

const mysql = `
  SELECT 'database', default_character_set_name, default_collation_name FROM information_schema.schemata
    WHERE schema_name = DATABASE();
  SELECT 'table', table_name, engine, table_collation, table_comment FROM information_schema.tables
    WHERE table_schema = DATABASE();
  SELECT 'column', table_name, column_name, ordinal_position, column_type, is_nullable, column_default, extra,
    collation_name FROM information_schema.columns WHERE table_schema = DATABASE();
  SELECT 'index', table_name, index_name, seq_in_index, column_name, non_unique FROM information_schema.statistics
    WHERE table_schema = DATABASE();
  SELECT 'reference', table_name, constraint_name, column_name, referenced_table_name, referenced_column_name
    FROM information_schema.key_column_usage WHERE table_schema = DATABASE();
  SELECT 'check', table_name, constraint_name, check_clause FROM information_schema.check_constraints
    WHERE constraint_schema = DATABASE();`;

const postgresql = `
  SELECT 'column', table_name, column_name, ordinal_position, data_type, character_maximum_length, is_nullable,
    column_default FROM information_schema.columns WHERE table_schema = 'public';
  SELECT 'index', tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public';
  SELECT 'constraint', conrelid::regclass, conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace;
  SELECT 'sequence', sequencename, data_type FROM pg_sequences WHERE schemaname = 'public'`;

export function describeSchema(server: TestServer, database: string): readonly string[] {
  return server
    .sql(server.kind === 'mysql' ? mysql : postgresql, database)
    .split('\n')
    .filter((line) => line !== '')
    .sort();
}
