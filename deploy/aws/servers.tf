resource "random_password" "made" {
  for_each = toset(["postgres", "valkey", "pseudonym", "metrics", "model_service", "admin"])
  length   = 40
  special  = false # they stand in URLs
}

resource "aws_kms_key" "main" {
  description             = "Data at rest of ${local.name}"
  enable_key_rotation     = true
  deletion_window_in_days = 30
  policy                  = data.aws_iam_policy_document.key.json
}

resource "aws_db_subnet_group" "main" {
  name       = local.name
  subnet_ids = aws_subnet.private[*].id
}

resource "aws_db_instance" "postgres" {
  identifier                   = local.name
  engine                       = "postgres"
  engine_version               = "18"
  instance_class               = local.is_production ? "db.m7g.large" : "db.t4g.small"
  allocated_storage            = 50
  max_allocated_storage        = 500
  storage_type                 = "gp3"
  storage_encrypted            = true
  kms_key_id                   = aws_kms_key.main.arn
  db_name                      = "groundswell"
  username                     = "groundswell"
  password                     = random_password.made["postgres"].result
  db_subnet_group_name         = aws_db_subnet_group.main.name
  vpc_security_group_ids       = [aws_security_group.servers.id]
  publicly_accessible          = false
  multi_az                     = local.is_production
  backup_retention_period      = local.is_production ? 14 : 3
  deletion_protection          = local.is_production
  skip_final_snapshot          = !local.is_production
  final_snapshot_identifier    = "${local.name}-final"
  copy_tags_to_snapshot        = true
  performance_insights_enabled = true
  auto_minor_version_upgrade   = true
}

resource "aws_elasticache_subnet_group" "main" {
  name       = local.name
  subnet_ids = aws_subnet.private[*].id
}

# The stream must not drop what it was given.
resource "aws_elasticache_parameter_group" "main" {
  name   = local.name
  family = "valkey8"
  parameter {
    name  = "maxmemory-policy"
    value = "noeviction"
  }
}

# ElastiCache keeps no append-only file: an accepted post is safe against the loss of one node, not of all at
# once (README.md). A second node in another zone is why there are two in production.
resource "aws_elasticache_replication_group" "valkey" {
  replication_group_id       = local.name
  description                = "Stream and cache of ${local.name}"
  engine                     = "valkey"
  engine_version             = "8.0"
  node_type                  = local.is_production ? "cache.m7g.large" : "cache.t4g.small"
  num_cache_clusters         = local.is_production ? 2 : 1
  automatic_failover_enabled = local.is_production
  multi_az_enabled           = local.is_production
  parameter_group_name       = aws_elasticache_parameter_group.main.name
  subnet_group_name          = aws_elasticache_subnet_group.main.name
  security_group_ids         = [aws_security_group.servers.id]
  at_rest_encryption_enabled = true
  kms_key_id                 = aws_kms_key.main.arn
  transit_encryption_enabled = true
  auth_token                 = random_password.made["valkey"].result
  snapshot_retention_limit   = local.is_production ? 7 : 1
}

locals {
  secrets = {
    DATABASE_URL                  = "postgresql://groundswell:${random_password.made["postgres"].result}@${aws_db_instance.postgres.endpoint}/groundswell?sslmode=require"
    REDIS_URL                     = "rediss://:${random_password.made["valkey"].result}@${aws_elasticache_replication_group.valkey.primary_endpoint_address}:6379/0"
    GROUNDSWELL_PSEUDONYM_KEY     = random_password.made["pseudonym"].result
    GROUNDSWELL_METRICS_TOKEN     = random_password.made["metrics"].result
    GROUNDSWELL_MODEL_SERVICE_KEY = random_password.made["model_service"].result
    GROUNDSWELL_ADMIN_KEY         = random_password.made["admin"].result
  }
}

resource "aws_secretsmanager_secret" "main" {
  for_each                = local.secrets
  name                    = "${local.name}/${each.key}"
  kms_key_id              = aws_kms_key.main.arn
  recovery_window_in_days = local.is_production ? 30 : 0
}

resource "aws_secretsmanager_secret_version" "main" {
  for_each      = local.secrets
  secret_id     = aws_secretsmanager_secret.main[each.key].id
  secret_string = each.value
}

resource "aws_ecr_repository" "main" {
  name                 = local.name
  image_tag_mutability = "IMMUTABLE"
  image_scanning_configuration {
    scan_on_push = true
  }
  encryption_configuration {
    encryption_type = "KMS"
    kms_key         = aws_kms_key.main.arn
  }
}

resource "aws_ecr_lifecycle_policy" "main" {
  repository = aws_ecr_repository.main.name
  policy = jsonencode({
    rules = [{
      rulePriority = 1
      description  = "Keep the last 30 images"
      selection    = { tagStatus = "any", countType = "imageCountMoreThan", countNumber = 30 }
      action       = { type = "expire" }
    }]
  })
}
