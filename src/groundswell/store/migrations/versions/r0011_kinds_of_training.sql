-- Beside heads, jobs train whole versions from given data and feedback.

ALTER TABLE training_jobs DROP CONSTRAINT training_jobs_kind_check;
ALTER TABLE training_jobs ADD CONSTRAINT training_jobs_kind_check
    CHECK (kind IN ('head', 'tfidf', 'finetune', 'bootstrap', 'evaluate'));
